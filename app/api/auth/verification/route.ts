import { bind } from '@/app/api/bind';
import { verifyRegistrationOperation } from '@/node/registration';

export const POST = bind(verifyRegistrationOperation);
