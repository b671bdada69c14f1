import { describe, expect, it } from 'vitest';
import { readProviders } from '@/node/oauth/providers';
import { isAllowedAddress } from '@/node/oauth/requests';

const GOOGLE = { OAUTH_GOOGLE_CLIENT_ID: 'id', OAUTH_GOOGLE_CLIENT_SECRET: 'secret' };
const ACME = {
  OAUTH_ACME_CORP_ISSUER: 'https://login.acme.example/realms/main',
  OAUTH_ACME_CORP_CLIENT_ID: 'id',
  OAUTH_ACME_CORP_CLIENT_SECRET: 'secret',
  OAUTH_ACME_CORP_TITLE: 'Acme',
};

const faultsOf = (source: Record<string, string>): string => {
  try {
    readProviders(source);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('These variables are taken.');
};

describe('the providers of an environment', () => {
  it('are none where nothing is set, or all is left empty', () => {
    expect(readProviders({})).toEqual([]);
    expect(readProviders({ OAUTH_GOOGLE_CLIENT_ID: '', OAUTH_GOOGLE_CLIENT_SECRET: '', OAUTHX: 'y' })).toEqual([]);
  });

  it('are known by their names', () => {
    const github = { OAUTH_GITHUB_CLIENT_ID: 'id', OAUTH_GITHUB_CLIENT_SECRET: 'secret' };
    const providers = readProviders({ ...GOOGLE, ...ACME, ...github });
    expect(providers.map(({ id, title, issuer }) => [id, title, issuer])).toEqual([
      ['acme-corp', 'Acme', 'https://login.acme.example/realms/main'],
      ['github', 'GitHub', 'https://github.com/login/oauth'],
      ['google', 'Google', 'https://accounts.google.com/'],
    ]);
  });

  it('tell of every fault at once, and show no secret', () => {
    const message = faultsOf({
      OAUTH_GOOGLE_CLIENT_SECRET: 'hush-google',
      OAUTH_ACME_TITLE: 'Acme',
      OAUTH_ACME_ISSUER: 'http://login.acme.example',
      OAUTH_ACME_SCOPES: 'email',
      OAUTH_GITHUB_CLIENT_SECRET: 'hush-github',
      OAUTH_GITHUB_API_URL: 'api.github.com',
    });
    for (const fault of [
      'OAUTH_GOOGLE_CLIENT_ID is not set',
      'OAUTH_ACME_CLIENT_ID is not set',
      'OAUTH_ACME_CLIENT_SECRET is not set',
      'OAUTH_ACME_ISSUER is not an https address',
      'OAUTH_ACME_SCOPES does not name the scope openid',
      'OAUTH_GITHUB_CLIENT_ID is not set',
      'OAUTH_GITHUB_API_URL is not a URL',
    ]) {
      expect(message).toContain(fault);
    }
    expect(message).not.toContain('hush');
  });

  it.each([
    'https://login.example?tenant=a',
    'https://login.example#a',
    'https://user:password@login.example',
    'ftp://login.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://10.0.0.1',
  ])('have no issuer at %s', (issuer) => {
    expect(faultsOf({ ...ACME, OAUTH_ACME_CORP_ISSUER: issuer })).toContain(
      'OAUTH_ACME_CORP_ISSUER is not an https address',
    );
  });

  it.each(['http://localhost:8080', 'http://127.0.0.1:8080/realm', 'http://[::1]:8080'])(
    'may be on this machine: %s',
    (issuer) => {
      expect(readProviders({ ...ACME, OAUTH_ACME_CORP_ISSUER: issuer })).toHaveLength(1);
    },
  );

  it.each([
    ['https://login.example', 'https://elsewhere.example/token', true],
    ['https://login.example', 'http://login.example/token', false],
    ['https://login.example', 'http://localhost/token', false],
    ['https://login.example', 'file:///etc/passwd', false],
    ['http://localhost:8080', 'http://localhost:9090/token', true],
    ['http://localhost:8080', 'http://169.254.169.254/token', false],
  ])('of %s may send the shop to %s: %s', (issuer, url, allowed) => {
    expect(isAllowedAddress(new URL(issuer), new URL(url))).toBe(allowed);
  });
});
