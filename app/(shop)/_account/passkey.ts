import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '@simplewebauthn/browser';
import { callApi, Problem } from '../api';

export interface Passkey {
  id: string;
  name: string;
  /** Copied to the owner's other devices by whoever made it. */
  isBackedUp: boolean;
  createdAt: string;
  lastUsedAt: string | null;
}

/** Whether this browser has passkeys at all. */
export const hasPasskeys = browserSupportsWebAuthn;

/**
 * Makes a passkey for the account that is signed in; null where the visitor thought better of it, or has none to offer.
 * Throws `Problem`: `login_required`, `passkey_exists`, `too_many_passkeys`, and whatever else the shop answers.
 */
export async function registerPasskey(name?: string): Promise<Passkey | null> {
  const optionsJSON = await callApi<Parameters<typeof startRegistration>[0]['optionsJSON']>(
    'POST',
    '/api/me/passkeys/options',
  );
  const response = await orNull(startRegistration({ optionsJSON }));
  return response && callApi<Passkey>('POST', '/api/me/passkeys', { body: { response, name } });
}

/**
 * Signs in with a passkey of the visitor's choice; null where there was none to choose, or none was chosen. With
 * `autofill` the browser offers them in a field that has `autocomplete="username webauthn"`, and this waits. Throws
 * `Problem`: `login_failed`, `passkey_cloned`, and whatever else the shop answers.
 */
export async function loginWithPasskey({ autofill = false } = {}): Promise<SignedIn | null> {
  const optionsJSON = await callApi<Parameters<typeof startAuthentication>[0]['optionsJSON']>(
    'POST',
    '/api/auth/passkey/options',
  );
  const response = await orNull(startAuthentication({ optionsJSON, useBrowserAutofill: autofill }));
  return response && callApi<SignedIn>('POST', '/api/auth/passkey', { body: { response } });
}

interface SignedIn {
  account: { id: string; email: string; name: string };
}

/** Browsers tell apart neither who declined from who was too slow, nor either from who has no passkey: on purpose. */
async function orNull<Answer>(prompt: Promise<Answer>): Promise<Answer | null> {
  try {
    return await prompt;
  } catch (error) {
    const { name } = error as Error;
    if (DECLINED.has(name)) return null;
    // The browser knows by the list of the account's passkeys, before the shop is asked.
    if (name === 'InvalidStateError') {
      throw new Problem(409, { code: 'passkey_exists', detail: 'This device has a passkey for your account already.' });
    }
    throw error;
  }
}

const DECLINED = new Set(['NotAllowedError', 'AbortError']);
