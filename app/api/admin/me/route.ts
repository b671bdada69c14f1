import { bind } from '@/app/api/bind';
import { getStaffMeOperation } from '@/node/staff/members';

export const GET = bind(getStaffMeOperation);
