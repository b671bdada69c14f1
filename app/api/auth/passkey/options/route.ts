import { bind } from '@/app/api/bind';
import { askLoginPasskeyOperation } from '@/node/passkeys';

export const POST = bind(askLoginPasskeyOperation);
