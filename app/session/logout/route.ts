import { logoutOperation } from '@/node/login';
import { ownForm } from '../own-form';

export const POST = ownForm(logoutOperation, {
  bodyOf: (fields) => ({ everywhere: fields.get('everywhere') === 'true' }),
  pageAfter: () => '/',
});
