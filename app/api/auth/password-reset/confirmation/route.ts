import { bind } from '@/app/api/bind';
import { resetPasswordOperation } from '@/node/password-reset';

export const POST = bind(resetPasswordOperation);
