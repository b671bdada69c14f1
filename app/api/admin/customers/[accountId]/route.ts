import { bind } from '@/app/api/bind';
import { changeCustomerOperation, getCustomerOperation } from '@/node/staff/customers';

export const GET = bind(getCustomerOperation);
export const PATCH = bind(changeCustomerOperation);
