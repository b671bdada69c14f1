import { bind } from '@/app/api/bind';
import { registerOperation } from '@/node/registration';

export const POST = bind(registerOperation);
