import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { edgeEnv } from '@/edge/env';

/**
 * A text that only this shop can read again: AES-256-GCM under a key that follows from `AUTH_SECRET` and `purpose` (HKDF,
 * RFC 5869). What was sealed for one purpose opens for no other: name in it what the text is of (`totp acct_…`), so that no
 * row's secret passes for another's.
 */
export function seal(purpose: string, text: string, secret = edgeEnv().AUTH_SECRET): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(purpose, secret), nonce);
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return VERSION + sealed.toString('base64url');
}

/** What `seal` was given; null where it was sealed for something else, by another secret, or was changed. */
export function unseal(purpose: string, sealed: string, secret = edgeEnv().AUTH_SECRET): string | null {
  const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url');
  if (!sealed.startsWith(VERSION) || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', keyOf(purpose, secret), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

const VERSION = 'v1.';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function keyOf(purpose: string, secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `selvedge sealed ${purpose}`, 32));
}
