import type { Operation } from '@/edge/http';
import { cronOperation } from './cron';
import { cancelOrderOperation, getOrderOperation, listOrdersOperation, placeOrderOperation } from './orders';
import { webhookOperation } from './webhooks';

/** Every operation that needs Node: what a host without Next's files serves. `app/api/**` binds the same ones. */
export const nodeOperations: readonly Operation[] = [
  placeOrderOperation,
  listOrdersOperation,
  getOrderOperation,
  cancelOrderOperation,
  webhookOperation,
  cronOperation,
];
