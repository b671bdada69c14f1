import type * as v from 'valibot';
import { type Context, type Operation, operation, type Reply } from '@/edge/http';
import type { Session } from '../sessions';
import {
  type Actor,
  type Member,
  type Permission,
  requireAccount,
  requireMember,
  requirePermission,
} from './permissions';

/**
 * What a caller needs: one of these permissions; or to be of the staff (`staff`, also without a second factor), or to be
 * signed in (`account`).
 */
export type Access = readonly Permission[] | 'staff' | 'account';

/** An operation that says whom it is for, so that a test can hold it to that. */
export interface AdminOperation extends Operation {
  access: Access;
}

interface Spec<Query, Body> {
  method: Operation['method'];
  path: `/api/admin/${string}`;
  query?: v.GenericSchema<unknown, Query>;
  body?: v.GenericSchema<unknown, Body>;
}

type Run<Caller, Query, Body> = (
  context: Context,
  caller: Caller,
  input: { query: Query; body: Body },
) => Promise<Reply>;

/** For whoever has one of the permissions: staff with a second factor, or a key. */
export function permittedOperation<Query = undefined, Body = undefined>(
  { access, ...spec }: Spec<Query, Body> & { access: readonly [Permission, ...Permission[]] },
  run: Run<Actor, Query, Body>,
): AdminOperation {
  return guarded(spec, access, (context) => requirePermission(context, ...access), run);
}

/** For a member of staff in person, whose second factor may still be missing. */
export function memberOperation<Query = undefined, Body = undefined>(
  spec: Spec<Query, Body>,
  run: Run<Member, Query, Body>,
): AdminOperation {
  return guarded(spec, 'staff', requireMember, run);
}

/** For whoever is signed in. */
export function accountOperation<Query = undefined, Body = undefined>(
  spec: Spec<Query, Body>,
  run: Run<Session, Query, Body>,
): AdminOperation {
  return guarded(spec, 'account', requireAccount, run);
}

function guarded<Caller, Query, Body>(
  spec: Spec<Query, Body>,
  access: Access,
  caller: (context: Context) => Promise<Caller>,
  run: Run<Caller, Query, Body>,
): AdminOperation {
  const bound = operation({ ...spec, caller }, (context, input) => run(context, input.caller, input));
  return { ...bound, access };
}
