import { bind } from '@/app/api/bind';
import { getStaffOrderOperation } from '@/node/staff/orders';

export const GET = bind(getStaffOrderOperation);
