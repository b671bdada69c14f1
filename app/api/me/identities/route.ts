import { bind } from '@/app/api/bind';
import { listIdentitiesOperation } from '@/node/oauth';

export const GET = bind(listIdentitiesOperation);
