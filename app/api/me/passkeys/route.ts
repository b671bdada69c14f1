import { bind } from '@/app/api/bind';
import { addPasskeyOperation, listPasskeysOperation } from '@/node/passkeys';

export const GET = bind(listPasskeysOperation);
export const POST = bind(addPasskeyOperation);
