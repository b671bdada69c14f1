import { bind } from '@/app/api/bind';
import { refreshOperation } from '@/node/login';

export const POST = bind(refreshOperation);
