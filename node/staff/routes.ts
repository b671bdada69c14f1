import { listApiKeysOperation, makeApiKeyOperation, revokeApiKeyOperation } from './api-keys';
import { listAuditLogOperation } from './audit';
import { changeCustomerOperation, getCustomerOperation, listCustomersOperation } from './customers';
import {
  acceptInvitationOperation,
  inviteOperation,
  listInvitationsOperation,
  withdrawInvitationOperation,
} from './invitations';
import { changeMemberOperation, getStaffMeOperation, listStaffOperation } from './members';
import type { AdminOperation } from './operation';
import { cancelStaffOrderOperation, getStaffOrderOperation, listStaffOrdersOperation } from './orders';
import { changeRoleOperation, listRolesOperation, makeRoleOperation, removeRoleOperation } from './roles';
import { confirmTotpOperation, removeTotpOperation, startTotpOperation } from './totp';
import { changeVariantOperation } from './variants';

/** Every operation of `/api/admin`, each with whom it is for. */
export const adminOperations: readonly AdminOperation[] = [
  getStaffMeOperation,
  startTotpOperation,
  confirmTotpOperation,
  removeTotpOperation,
  inviteOperation,
  listInvitationsOperation,
  acceptInvitationOperation,
  withdrawInvitationOperation,
  listStaffOperation,
  changeMemberOperation,
  listRolesOperation,
  makeRoleOperation,
  changeRoleOperation,
  removeRoleOperation,
  makeApiKeyOperation,
  listApiKeysOperation,
  revokeApiKeyOperation,
  listAuditLogOperation,
  listStaffOrdersOperation,
  getStaffOrderOperation,
  cancelStaffOrderOperation,
  listCustomersOperation,
  getCustomerOperation,
  changeCustomerOperation,
  changeVariantOperation,
];
