import { bind } from '@/app/api/bind';
import { askEmailChangeOperation } from '@/node/email-change';

export const POST = bind(askEmailChangeOperation);
