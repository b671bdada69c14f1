import type { Operation } from '@/edge/http';
import { cronOperation } from './cron';
import { askEmailChangeOperation, confirmEmailChangeOperation } from './email-change';
import { loginOperation, logoutOperation, refreshOperation } from './login';
import {
  finishOAuthOperation,
  listIdentitiesOperation,
  listProvidersOperation,
  removeIdentityOperation,
  startOAuthOperation,
} from './oauth';
import { cancelOrderOperation, getOrderOperation, listOrdersOperation, placeOrderOperation } from './orders';
import {
  addPasskeyOperation,
  askLoginPasskeyOperation,
  askNewPasskeyOperation,
  listPasskeysOperation,
  loginWithPasskeyOperation,
  removePasskeyOperation,
  renamePasskeyOperation,
} from './passkeys';
import { askPasswordResetOperation, changePasswordOperation, resetPasswordOperation } from './password-reset';
import {
  addAddressOperation,
  deleteMeOperation,
  endSessionOperation,
  exportMeOperation,
  getMeOperation,
  listAddressesOperation,
  listSessionsOperation,
  removeAddressOperation,
  updateAddressOperation,
  updateMeOperation,
} from './profile';
import { registerOperation, verifyRegistrationOperation } from './registration';
import { adminOperations } from './staff/routes';
import { webhookOperation } from './webhooks';

/** Every operation that needs Node: what a host without Next's files serves. `app/api/**` binds the same ones. */
export const nodeOperations: readonly Operation[] = [
  placeOrderOperation,
  listOrdersOperation,
  getOrderOperation,
  cancelOrderOperation,
  registerOperation,
  verifyRegistrationOperation,
  loginOperation,
  refreshOperation,
  logoutOperation,
  askPasswordResetOperation,
  resetPasswordOperation,
  confirmEmailChangeOperation,
  listProvidersOperation,
  startOAuthOperation,
  finishOAuthOperation,
  getMeOperation,
  updateMeOperation,
  deleteMeOperation,
  exportMeOperation,
  changePasswordOperation,
  askEmailChangeOperation,
  listSessionsOperation,
  endSessionOperation,
  listAddressesOperation,
  addAddressOperation,
  updateAddressOperation,
  removeAddressOperation,
  listIdentitiesOperation,
  removeIdentityOperation,
  askLoginPasskeyOperation,
  loginWithPasskeyOperation,
  listPasskeysOperation,
  askNewPasskeyOperation,
  addPasskeyOperation,
  renamePasskeyOperation,
  removePasskeyOperation,
  ...adminOperations,
  webhookOperation,
  cronOperation,
];
