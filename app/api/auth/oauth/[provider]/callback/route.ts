import { bind } from '@/app/api/bind';
import { finishOAuthOperation } from '@/node/oauth';

export const GET = bind(finishOAuthOperation);
