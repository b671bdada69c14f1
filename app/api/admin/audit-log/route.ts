import { bind } from '@/app/api/bind';
import { listAuditLogOperation } from '@/node/staff/audit';

export const GET = bind(listAuditLogOperation);
