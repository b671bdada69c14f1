import { describe, expect, it, vi } from 'vitest';
import type { CommerceError } from '@/commerce/error';

/** How many hashes are being made, and how many there were at most. */
const argon2 = vi.hoisted(() => ({ running: 0, most: 0, costs: [] as number[] }));

vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof import('@node-rs/argon2')>();
  const counted =
    <Args extends unknown[], Result>(run: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      argon2.running += 1;
      argon2.most = Math.max(argon2.most, argon2.running);
      try {
        return await run(...args);
      } finally {
        argon2.running -= 1;
      }
    };
  return {
    ...real,
    hash: counted(real.hash),
    verify: counted((hashed: string, password: string) => {
      argon2.costs.push(real.parseOptions(hashed).memoryCost * real.parseOptions(hashed).timeCost);
      return real.verify(hashed, password);
    }),
  };
});

const { hashPassword, needsRehash, requireStrongPassword, verifyPassword } = await import('@/node/passwords');
const { hash } = await import('@node-rs/argon2');

const ADA = { email: 'ada.weaver@example.com', name: 'Ada Lovelace' };

/** What is wrong with a password: the codes of its issues, or nothing. */
async function weaknesses(password: string, person = ADA): Promise<string[]> {
  try {
    await requireStrongPassword(password, person, 'newPassword');
    return [];
  } catch (error) {
    const { code, issues } = error as CommerceError;
    expect(code).toBe('password_too_weak');
    expect(issues?.map(({ path }) => path)).toEqual(['newPassword']);
    return issues?.map((issue) => issue.code) ?? [];
  }
}

describe('a hash of a password', () => {
  it('is argon2id at the cost that OWASP names, with a salt of its own', async () => {
    const [one, other] = await Promise.all([hashPassword('linen and loom'), hashPassword('linen and loom')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(other).not.toBe(one);
  });

  it('knows its own password and no other', async () => {
    const known = await hashPassword('linen and loom');
    expect(await verifyPassword(known, 'linen and loom')).toBe(true);
    expect(await verifyPassword(known, 'linen and Loom')).toBe(false);
    expect(await verifyPassword(known, '')).toBe(false);
  });

  it('takes the whole of a long password', async () => {
    const known = await hashPassword(`${'x'.repeat(200)}1`);
    expect(await verifyPassword(known, `${'x'.repeat(200)}2`)).toBe(false);
  });

  it('does not care which keyboard typed it', async () => {
    const known = await hashPassword('café ﬁne ①');
    expect(await verifyPassword(known, 'cafe\u0301 fine 1')).toBe(true);
  });

  it('is to be made again where its cost is not of today', async () => {
    expect(needsRehash(await hashPassword('linen and loom'))).toBe(false);
    expect(needsRehash(await hash('linen and loom', { memoryCost: 12_288, timeCost: 3 }))).toBe(true);
  });

  it('of nobody is never right, and costs what a real one costs', async () => {
    const real = await hashPassword('linen and loom');
    argon2.costs = [];
    expect(await verifyPassword(real, 'another')).toBe(false);
    expect(await verifyPassword(null, 'another')).toBe(false);
    expect(argon2.costs).toEqual([19_456 * 2, 19_456 * 2]);
  });
});

describe('a rush', () => {
  it('hashes two at once, all in the end, and tells at once whoever comes too late', async () => {
    const known = await hashPassword('linen and loom');
    argon2.most = 0;
    const rush = await Promise.allSettled(
      Array.from({ length: 230 }, (_, index) => verifyPassword(known, index % 2 === 0 ? 'linen and loom' : 'wrong')),
    );
    expect(argon2.most).toBe(2);
    const answered = rush.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(answered).toEqual(Array.from({ length: 202 }, (_, index) => index % 2 === 0));
    const late = rush.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(late).toEqual(Array.from({ length: 28 }, () => 'passwords_busy'));
    // Every place was given back.
    expect(await verifyPassword(known, 'linen and loom')).toBe(true);
  });

  it('loses no place to hashes that fail', async () => {
    const failing = await Promise.allSettled(Array.from({ length: 9 }, () => verifyPassword('no hash', 'x')));
    expect(failing.every((one) => one.status === 'rejected')).toBe(true);
    argon2.most = 0;
    await Promise.all(Array.from({ length: 4 }, () => hashPassword('linen and loom')));
    expect(argon2.most).toBe(2);
  });
});

describe('a password that is refused', () => {
  it.each([
    ['nine characters', 'k#9vQ!m2p', 'too_short'],
    ['nine characters of two halves each', '😀🧵🪡🧶🐑🐏🐐🦙🪢', 'too_short'],
    ['257 characters', 'linen-loom-warp-weft '.repeat(13).slice(0, 257), 'too_long'],
    ['the part of the address before the @', 'my ADA.Weaver is grand', 'contains_email'],
    ['the name of the shop', 'Selvedge linen loom 7', 'contains_shop_name'],
    ['a common one, with digits', 'password1234567', 'common'],
    ['a common one, with digits for letters', 'p4$$w0rd!2026', 'common'],
    ['a common one, twice', 'iloveyouiloveyou', 'common'],
    ['one letter, often', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'common'],
    ['a row of the keyboard', 'qwertyuiopasdfgh', 'common'],
    ['the alphabet', 'abcdefghijklmnop', 'common'],
    ['a date', '21.03.1985', 'common'],
    ['the name of its owner', 'lovelace1815', 'common'],
    ['the name of its owner, backwards', 'ecalevol1815', 'common'],
  ])('%s', async (_, password, code) => {
    expect(await weaknesses(password)).toEqual([code]);
  });

  it('is another one for another owner', async () => {
    expect(await weaknesses('lovelace-1815-weave-x', { email: 'lovelace@example.com', name: '' })).toEqual([
      'contains_email',
    ]);
    expect(await weaknesses('lovelace-1815-weave-x', { email: 'joe@example.com', name: '' })).toEqual([]);
  });

  it('is refused in whichever form it was typed', async () => {
    expect(await weaknesses('ｓｅｌｖｅｄｇｅ linen loom')).toEqual(['contains_shop_name']);
  });
});

describe('a password that is taken', () => {
  it.each([
    ['words that do not belong together', 'linen tractor violet moon'],
    ['ten characters at random', 'k#9vQ!m2pZ'],
    ['ten characters of two halves each', '😀🧵🪡🧶🐑🐏🐐🦙🪢🧷'],
    ['another script', 'пряжа трактор луна'],
    ['letters alone', 'tractorvioletmoonlinen'],
    ['256 characters', 'linen-loom-warp-weft '.repeat(13).slice(0, 256)],
  ])('%s', async (_, password) => {
    expect(await weaknesses(password)).toEqual([]);
  });

  it('may hold a short local part by chance', async () => {
    expect(await weaknesses('tractor violet moon', { email: 'mo@example.com', name: 'Mo' })).toEqual([]);
  });
});

it('is judged in a time that no password can draw out', async () => {
  await weaknesses('linen tractor violet moon');
  const start = performance.now();
  await weaknesses('p4ssw0rd'.repeat(32));
  // Whole, this one takes the better part of a second.
  expect(performance.now() - start).toBeLessThan(400);
});
