import { bind } from '@/app/api/bind';
import { loginWithPasskeyOperation } from '@/node/passkeys';

export const POST = bind(loginWithPasskeyOperation);
