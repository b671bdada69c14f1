import { bind } from '@/app/api/bind';
import { removeAddressOperation, updateAddressOperation } from '@/node/profile';

export const PATCH = bind(updateAddressOperation);
export const DELETE = bind(removeAddressOperation);
