import type { AccessClaims } from './access-token';
import { ACCESS_TTL_SECONDS } from './access-token';
import type { Kv, Script } from './kv';

/**
 * What KV knows of sessions that ended before their access tokens did, so that a cart's own round trip can tell: for each
 * account a hash with `epoch`, the lowest that is still good, and a field for each session that ended by itself. It
 * outlives every token that it could be asked of, and Postgres has the truth for longer.
 */
export const sessionMarksKeyOf = (accountId: string) => `auth:${accountId}`;

/** What the scripts of carts take to know whose token asks: nothing for a guest's. */
export const sessionArgOf = (caller: Pick<AccessClaims, 'sessionId' | 'epoch'> | null) =>
  caller ? `${caller.sessionId} ${caller.epoch}` : '';

/**
 * The beginning of a script that a signed-in caller may run: answers `session_ended` where the caller of `arg` (see
 * `sessionArgOf`) is marked in the hash `key`. Both are Lua expressions.
 */
export const refuseEndedSession = (key: string, arg: string) => `
local session, epoch = string.match(${arg}, '^(%S+) (%d+)$')
if session then
  local marks = redis.call('HMGET', ${key}, 'epoch', session)
  if marks[2] or (marks[1] and tonumber(marks[1]) > tonumber(epoch)) then return {'session_ended', '0'} end
end`;

// Two ends of sessions may come in either order: the epoch only ever goes up.
const MARK_ENDED: Script = {
  source: `
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if ARGV[2] ~= '' and not (epoch and tonumber(epoch) >= tonumber(ARGV[2])) then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[2])
end
for i = 3, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], '1') end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1`,
};

/** Longer than any access token may still be taken for good. */
const MARK_TTL_SECONDS = ACCESS_TTL_SECONDS + 60;

/** Lets the edge know that sessions ended: these, or all of an earlier epoch. One round trip; may be repeated. */
export async function markEnded(
  kv: Kv,
  { accountId, sessionIds = [], epoch }: { accountId: string; sessionIds?: string[]; epoch?: number },
): Promise<void> {
  await kv.run(MARK_ENDED, [sessionMarksKeyOf(accountId)], [MARK_TTL_SECONDS, epoch ?? '', ...sessionIds]);
}
