import { bind } from '@/app/api/bind';
import { confirmTotpOperation } from '@/node/staff/totp';

export const POST = bind(confirmTotpOperation);
