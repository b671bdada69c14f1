import { bind } from '@/app/api/bind';
import { askPasswordResetOperation } from '@/node/password-reset';

export const POST = bind(askPasswordResetOperation);
