import { askPasswordResetOperation } from '@/node/password-reset';
import { ownForm } from '../own-form';

export const POST = ownForm(askPasswordResetOperation, {
  bodyOf: (fields) => ({ email: fields.get('email') }),
  pageAfter: () => '/account/forgot?sent',
});
