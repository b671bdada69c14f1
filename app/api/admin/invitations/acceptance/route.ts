import { bind } from '@/app/api/bind';
import { acceptInvitationOperation } from '@/node/staff/invitations';

export const POST = bind(acceptInvitationOperation);
