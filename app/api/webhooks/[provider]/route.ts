import { bind } from '@/app/api/bind';
import { webhookOperation } from '@/node/webhooks';

export const POST = bind(webhookOperation);
