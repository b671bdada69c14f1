/**
 * Project Wycheproof's vectors for JSON Web Signature, JSON Web Key and Ed25519, asked of every runtime that verifies
 * tokens. What does not come out as the vectors have it is named here, one by one, with the reason.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedDir } from '../shared-dir';
import type { Question, Verdict } from './probe';
import { type Runtime, runtimes } from './runtimes';

const folder = sharedDir('vectors');

interface Vector {
  tcId: number;
  comment: string;
  result: 'valid' | 'invalid';
}

interface JoseGroup {
  comment: string;
  public?: JWK | { keys: JWK[] };
  private: JWK | { keys: JWK[] };
  tests: (Vector & { jws: string })[];
}

interface Ed25519Group {
  publicKeyJwk: JWK;
  tests: (Vector & { msg: string; sig: string })[];
}

interface Exception {
  outcome: 'accepted' | 'refused';
  /** Where it is not so in every runtime. */
  only?: string[];
  reason: string;
}

const WRITTEN_OTHERWISE = 'A token has one text: a header is JSON as JSON.stringify writes it.';
const NO_BASE64URL = 'RFC 7515 lets nobody skip a character that is no base64url; the vector grants that some do.';
const LOST_ITS_POINT = 'The same text as the valid vector 357: the padding that it is named after is not in it.';
const KEY_FOR_ANOTHER = 'Its key says that it is for another algorithm than the token (RFC 7517, 4.4).';
const OUR_KEYS = 'Keys are not the token’s to bring: they are the shop’s own, which makes no such key.';

const SIGNATURE_EXCEPTIONS: Record<number, Exception> = {
  346: { outcome: 'refused', reason: `${KEY_FOR_ANOTHER} PS256 here, and PS384 there.` },
  347: { outcome: 'refused', reason: `${KEY_FOR_ANOTHER} ES521, which is none, and ES512 there.` },
  350: { outcome: 'refused', reason: `${KEY_FOR_ANOTHER} PS256 here, and PS384 there.` },
  351: { outcome: 'refused', reason: `${KEY_FOR_ANOTHER} ES521, which is none, and ES512 there.` },
  367: { outcome: 'accepted', reason: LOST_ITS_POINT },
  370: { outcome: 'accepted', reason: LOST_ITS_POINT },
  372: { outcome: 'refused', reason: NO_BASE64URL },
  373: { outcome: 'refused', reason: NO_BASE64URL },
  376: { outcome: 'refused', reason: WRITTEN_OTHERWISE },
  377: { outcome: 'refused', reason: WRITTEN_OTHERWISE },
};

const KEY_EXCEPTIONS: Record<number, Exception> = {
  7: { outcome: 'accepted', reason: `${OUR_KEYS} (RSA with the fingerprint of ROCA.)` },
  9: { outcome: 'accepted', only: ['Node', "Next's edge"], reason: `${OUR_KEYS} (RSA with the exponent 1.)` },
  10: { outcome: 'accepted', reason: `${OUR_KEYS} (HS256 with 31 bytes.)` },
  11: { outcome: 'accepted', reason: `${OUR_KEYS} (HS384 with 47 bytes.)` },
  12: { outcome: 'accepted', reason: `${OUR_KEYS} (HS512 with 63 bytes.)` },
  23: { outcome: 'accepted', only: ['workerd'], reason: `${OUR_KEYS} (A point of P-256 that says P-384.)` },
};

const read = <Group>(name: string) =>
  JSON.parse(readFileSync(join(folder!, name), 'utf8')) as { numberOfTests: number; testGroups: Group[] };

describe.skipIf(folder === null).each(runtimes)('in $name', ({ name, start }) => {
  let runtime: Runtime;

  beforeAll(async () => {
    runtime = await start();
  });
  afterAll(() => runtime?.close());

  function compare(vectors: Vector[], verdicts: Verdict[], exceptions: Record<number, Exception>): void {
    expect(verdicts).toHaveLength(vectors.length);
    for (const [index, { tcId, comment, result }] of vectors.entries()) {
      const exception = exceptions[tcId];
      const holds = exception && (exception.only?.includes(name) ?? true);
      const expected = holds ? exception.outcome : result === 'valid' ? 'accepted' : 'refused';
      expect(Object.keys(verdicts[index]!), `${tcId} ${comment}`).toEqual([expected]);
      // An exception for what comes out right is none.
      if (holds) expect(expected === 'accepted', `${tcId} ${comment}`).toBe(result === 'invalid');
    }
  }

  it.each([
    ['json_web_signature', 401, SIGNATURE_EXCEPTIONS],
    ['json_web_key', 26, KEY_EXCEPTIONS],
  ])('%s', async (file, count, exceptions) => {
    const { testGroups } = read<JoseGroup>(`wycheproof-${file}_test.json`);
    const vectors: Vector[] = [];
    const questions: Question[] = [];
    for (const group of testGroups) {
      const given = group.public ?? group.private;
      const keys = 'keys' in given ? (given.keys as JWK[]) : [given as JWK];
      // A verifier takes what its keys are for; keys that do not say it are there to be refused.
      const algorithms = keys.flatMap(({ alg }) => alg ?? ['RS256', 'ES256']);
      for (const { jws, ...vector } of group.tests) {
        vectors.push(vector);
        questions.push({ about: 'jws', token: jws, keys, rules: { algorithms } });
      }
    }
    expect(vectors).toHaveLength(count);
    const verdicts = await runtime.ask(questions);
    compare(vectors, verdicts, exceptions);
    // Only a key that is unfit may be told apart from a token that is.
    const otherwise = vectors.filter((_, index) => {
      const verdict = verdicts[index]!;
      return 'refused' in verdict && verdict.refused !== 'token_invalid';
    });
    if (file === 'json_web_signature') expect(otherwise).toEqual([]);
  });

  it('ed25519', async () => {
    const { testGroups, numberOfTests } = read<Ed25519Group>('wycheproof-ed25519_test.json');
    const vectors = testGroups.flatMap(({ tests }) => tests);
    const questions = testGroups.flatMap(({ publicKeyJwk, tests }) =>
      tests.map(({ msg, sig }): Question => ({ about: 'ed25519', key: publicKeyJwk, message: msg, signature: sig })),
    );
    expect(vectors).toHaveLength(151);
    expect(numberOfTests).toBe(151);
    compare(vectors, await runtime.ask(questions), {});
  });
});
