import { bind } from '@/app/api/bind';
import { getOrderOperation } from '@/node/orders';

export const GET = bind(getOrderOperation);
