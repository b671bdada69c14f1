import { bind } from '@/app/api/bind';
import { withdrawInvitationOperation } from '@/node/staff/invitations';

export const DELETE = bind(withdrawInvitationOperation);
