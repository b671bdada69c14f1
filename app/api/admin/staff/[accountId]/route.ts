import { bind } from '@/app/api/bind';
import { changeMemberOperation } from '@/node/staff/members';

export const PATCH = bind(changeMemberOperation);
