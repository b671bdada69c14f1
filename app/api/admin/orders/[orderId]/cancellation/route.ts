import { bind } from '@/app/api/bind';
import { cancelStaffOrderOperation } from '@/node/staff/orders';

export const POST = bind(cancelStaffOrderOperation);
