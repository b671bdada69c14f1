import { bind } from '@/app/api/bind';
import { logoutOperation } from '@/node/login';

export const POST = bind(logoutOperation);
