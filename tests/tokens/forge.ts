import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';

/** A key as the shop makes them, and tokens that it signed, whatever they say. */
export interface Forge {
  kid: string;
  publicJwk: JWK & { kid: string; x: string };
  publicKey: KeyObject;
  /** The header that tokens of the shop have. */
  header: string;
  /** A compact JWS of these very texts, rightly signed. */
  token(payload: string, header?: string): string;
}

export async function newForge(): Promise<Forge> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' }) as { x: string };
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x });
  const ownHeader = `{"alg":"Ed25519","typ":"at+jwt","kid":"${kid}"}`;
  return {
    kid,
    publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'Ed25519', use: 'sig' },
    publicKey,
    header: ownHeader,
    token(payload, header = ownHeader) {
      const signed = `${base64url(header)}.${base64url(payload)}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    },
  };
}

export const base64url = (text: string) => Buffer.from(text).toString('base64url');

export const ISSUER = 'https://shop.test';

/** What a token of the shop says, good from `iat` on for ten minutes. */
export function claimsAt(iat: number): Record<string, unknown> {
  return {
    iss: ISSUER,
    aud: 'selvedge',
    sub: 'acct_01k0000000e8xv5x6h2n8q9w0z',
    sid: 'sess_01k0000000e8xv5x6h2n8q9w0z',
    iat,
    exp: iat + 600,
    jti: '5f0c7c5e-7a55-4d7c-9f6d-0d0a3c1c9c11',
    client_id: 'shop',
    epoch: 3,
    grp: null,
    amr: ['pwd', 'otp'],
    auth_time: iat - 60,
  };
}
