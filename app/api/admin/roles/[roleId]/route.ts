import { bind } from '@/app/api/bind';
import { changeRoleOperation, removeRoleOperation } from '@/node/staff/roles';

export const PATCH = bind(changeRoleOperation);
export const DELETE = bind(removeRoleOperation);
