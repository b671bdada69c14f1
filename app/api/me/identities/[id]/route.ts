import { bind } from '@/app/api/bind';
import { removeIdentityOperation } from '@/node/oauth';

export const DELETE = bind(removeIdentityOperation);
