import { bind } from '@/app/api/bind';
import { listStaffOperation } from '@/node/staff/members';

export const GET = bind(listStaffOperation);
