import { bind } from '@/app/api/bind';
import { removeTotpOperation, startTotpOperation } from '@/node/staff/totp';

export const POST = bind(startTotpOperation);
export const DELETE = bind(removeTotpOperation);
