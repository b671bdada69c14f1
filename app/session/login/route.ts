import { loginOperation } from '@/node/login';
import { returnPathOf } from '@/node/oauth/return-path';
import { ownForm } from '../own-form';

export const POST = ownForm(loginOperation, {
  bodyOf: (fields) => {
    const code = fields.get('code')?.trim();
    return { email: fields.get('email'), password: fields.get('password'), ...(code ? { code } : {}) };
  },
  pageAfter: (fields) => returnPathOf(fields.get('next') || '/account'),
});
