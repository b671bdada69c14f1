import { bind } from '@/app/api/bind';
import { revokeApiKeyOperation } from '@/node/staff/api-keys';

export const DELETE = bind(revokeApiKeyOperation);
