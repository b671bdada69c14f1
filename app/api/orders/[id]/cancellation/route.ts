import { bind } from '@/app/api/bind';
import { cancelOrderOperation } from '@/node/orders';

export const POST = bind(cancelOrderOperation);
