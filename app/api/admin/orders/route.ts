import { bind } from '@/app/api/bind';
import { listStaffOrdersOperation } from '@/node/staff/orders';

export const GET = bind(listStaffOrdersOperation);
