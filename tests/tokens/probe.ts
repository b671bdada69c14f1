/** What the suites ask of a runtime about tokens, and what it answers: the same code in Node, in workerd and at Next's edge. */
import { importJWK, type JWK } from 'jose';
import { verifyAccessToken } from '@/edge/access-token';
import { toBase64url } from '@/edge/base64url';
import { type JwsRules, verifyJws } from '@/edge/jws';

export type Question =
  | { about: 'jws'; token: string; keys: JWK[]; rules: JwsRules }
  | { about: 'access'; token: string; keys: JWK[]; issuer: string; now: number }
  | { about: 'ed25519'; key: JWK; message: string; signature: string };

/** `accepted` is the payload in base64url, the claims, or true; `refused` is the error's code or, without one, its name. */
export type Verdict = { accepted: unknown } | { refused: string };

export async function answer(request: Request): Promise<Response> {
  const questions = (await request.json()) as Question[];
  const verdicts: Verdict[] = [];
  for (const question of questions) verdicts.push(await judge(question));
  return Response.json(verdicts);
}

async function judge(question: Question): Promise<Verdict> {
  try {
    return { accepted: await accept(question) };
  } catch (error) {
    const { code, name } = error as { code?: unknown; name: string };
    return { refused: typeof code === 'string' ? code : name };
  }
}

async function accept(question: Question): Promise<unknown> {
  switch (question.about) {
    case 'jws':
      return toBase64url((await verifyJws(question.token, question.keys, question.rules)).payload);
    case 'access': {
      const { token, keys, issuer, now } = question;
      return verifyAccessToken(token, async () => keys, { issuer, now: new Date(now * 1000) });
    }
    case 'ed25519': {
      const key = (await importJWK(question.key, 'Ed25519')) as CryptoKey;
      const [signature, message] = [bytesOf(question.signature), bytesOf(question.message)];
      if (!(await crypto.subtle.verify('Ed25519', key, signature, message))) throw new Error('not its signature');
      return true;
    }
  }
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
