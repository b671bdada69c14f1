import { describe, expect, it } from 'vitest';
import { seal, unseal } from '@/node/sealed';

const secret = 's'.repeat(32);

describe('what is sealed', () => {
  it.each(['', 'secret', 'é\0\u{1f9f5}', 'x'.repeat(100_000)])('opens again for its purpose: %.20s', (text) => {
    expect(unseal('totp a', seal('totp a', text, secret), secret)).toBe(text);
  });

  it('shows nothing, and never looks the same twice', () => {
    const [one, two] = [seal('totp a', 'secret', secret), seal('totp a', 'secret', secret)];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.slice(3), 'base64url').includes('secret')).toBe(false);
  });

  it('does not open for another purpose, nor by another secret', () => {
    const sealed = seal('totp a', 'secret', secret);
    expect(unseal('totp b', sealed, secret)).toBeNull();
    expect(unseal('totp a', sealed, 't'.repeat(32))).toBeNull();
  });

  it('does not open once any byte of it was changed', () => {
    const bytes = Buffer.from(seal('totp a', 'secret', secret).slice(3), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(unseal('totp a', `v1.${changed.toString('base64url')}`, secret)).toBeNull();
    }
  });

  it.each(['', 'v1.', 'v1.AAAA', 'v2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'secret'])(
    'is no other text: %s',
    (text) => {
      expect(unseal('totp a', text, secret)).toBeNull();
    },
  );
});
