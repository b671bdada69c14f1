import { bind } from '@/app/api/bind';
import { listSessionsOperation } from '@/node/profile';

export const GET = bind(listSessionsOperation);
