import { bind } from '@/app/api/bind';
import { addAddressOperation, listAddressesOperation } from '@/node/profile';

export const GET = bind(listAddressesOperation);
export const POST = bind(addAddressOperation);
