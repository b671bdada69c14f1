import { bind } from '@/app/api/bind';
import { confirmEmailChangeOperation } from '@/node/email-change';

export const POST = bind(confirmEmailChangeOperation);
