import { bind } from '@/app/api/bind';
import { loginOperation } from '@/node/login';

export const POST = bind(loginOperation);
