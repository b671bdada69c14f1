import { bind } from '@/app/api/bind';
import { listCustomersOperation } from '@/node/staff/customers';

export const GET = bind(listCustomersOperation);
