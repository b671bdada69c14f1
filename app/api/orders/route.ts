import { bind } from '@/app/api/bind';
import { listOrdersOperation, placeOrderOperation } from '@/node/orders';

export const GET = bind(listOrdersOperation);
export const POST = bind(placeOrderOperation);
