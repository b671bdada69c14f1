import { bind } from '@/app/api/bind';
import { endSessionOperation } from '@/node/profile';

export const DELETE = bind(endSessionOperation);
