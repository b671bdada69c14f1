import { inputError } from './cart-input';
import type { Context } from './http';
import { readSigned, type Signing, sign } from './signed';

/** Whose prices a shopper sees, and until when (milliseconds since 1970). */
export interface GroupMembership {
  id: string;
  until: number;
}

/**
 * A pass that lets whoever holds it shop at a customer group's prices for some days: how a shop admits its wholesale
 * customers. `npm run group-pass` makes it.
 */
export function issueGroupPass(groupId: string, days: number, signing: Signing): Promise<string> {
  return sign('group-pass', { group: groupId }, days * 24 * 60 * 60, signing);
}

/** What a pass vouches for. Throws `group_pass_invalid` with the path for one that is not the shop's, or has expired. */
export async function requireGroupPass(
  pass: string,
  { env, now }: Pick<Context, 'env' | 'now'>,
): Promise<GroupMembership> {
  const claims = await readSigned<{ group: string }>('group-pass', pass, { secret: env.AUTH_SECRET, now });
  if (claims === 'expired') throw inputError('group_pass_invalid', 'groupPass', 'This pass has expired.', 'expired');
  if (claims === 'invalid') throw inputError('group_pass_invalid', 'groupPass', 'This is no pass of this shop.');
  return { id: claims.group, until: claims.exp * 1000 };
}
