import { bind } from '@/app/api/bind';
import { startOAuthOperation } from '@/node/oauth';

export const GET = bind(startOAuthOperation);
