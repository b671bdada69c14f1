import { bind } from '@/app/api/bind';
import { listApiKeysOperation, makeApiKeyOperation } from '@/node/staff/api-keys';

export const GET = bind(listApiKeysOperation);
export const POST = bind(makeApiKeyOperation);
