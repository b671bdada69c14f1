import { bind } from '@/app/api/bind';
import { removePasskeyOperation, renamePasskeyOperation } from '@/node/passkeys';

export const PATCH = bind(renamePasskeyOperation);
export const DELETE = bind(removePasskeyOperation);
