import { bind } from '@/app/api/bind';
import { listRolesOperation, makeRoleOperation } from '@/node/staff/roles';

export const GET = bind(listRolesOperation);
export const POST = bind(makeRoleOperation);
