import { bind } from '@/app/api/bind';
import { inviteOperation, listInvitationsOperation } from '@/node/staff/invitations';

export const GET = bind(listInvitationsOperation);
export const POST = bind(inviteOperation);
