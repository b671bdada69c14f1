import { bind } from '@/app/api/bind';
import { askNewPasskeyOperation } from '@/node/passkeys';

export const POST = bind(askNewPasskeyOperation);
