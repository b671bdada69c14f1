import { registerOperation } from '@/node/registration';
import { ownForm } from '../own-form';

export const POST = ownForm(registerOperation, {
  bodyOf: (fields) => ({
    email: fields.get('email'),
    password: fields.get('password'),
    name: fields.get('name') ?? '',
  }),
  pageAfter: () => '/register?sent',
});
