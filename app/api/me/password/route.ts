import { bind } from '@/app/api/bind';
import { changePasswordOperation } from '@/node/password-reset';

export const POST = bind(changePasswordOperation);
