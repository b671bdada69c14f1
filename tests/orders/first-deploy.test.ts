import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** What Vercel sets by itself, its storage integrations, and the two secrets that the deploy button asks for. */
const GIVEN = {
  DATABASE_URL: 'postgresql://user:password@ep-mill-1.eu-central-1.aws.neon.tech/shop',
  KV_REST_API_URL: 'https://mill.upstash.io',
  KV_REST_API_TOKEN: 'token',
  AUTH_SECRET: 'a'.repeat(32),
  CRON_SECRET: 'c'.repeat(32),
  VERCEL_PROJECT_PRODUCTION_URL: 'mill.vercel.app',
};

const LEFT_OUT = [
  'SITE_URL',
  'MAIL_URL',
  'MAIL_FROM',
  'LOCAL_PAYMENTS_URL',
  'LOCAL_PAYMENTS_SECRET_KEY',
  'LOCAL_PAYMENTS_WEBHOOK_SECRET',
];

beforeEach(() => {
  vi.resetModules();
  for (const [name, value] of Object.entries(GIVEN)) vi.stubEnv(name, value);
  for (const name of LEFT_OUT) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe('a shop that was deployed a minute ago', () => {
  it('knows its address from Vercel, at the edge and in Node', async () => {
    const { edgeEnv } = await import('@/edge/env');
    const { nodeEnv } = await import('@/node/env');
    expect([edgeEnv().SITE_URL, nodeEnv().SITE_URL]).toEqual(['https://mill.vercel.app', 'https://mill.vercel.app']);
  });

  it('is where SITE_URL says, once it says so', async () => {
    vi.stubEnv('SITE_URL', 'https://shop.example.com');
    const { nodeEnv } = await import('@/node/env');
    expect(nodeEnv().SITE_URL).toBe('https://shop.example.com');
  });

  it('answers that it takes no payments, rather than fail', async () => {
    const { requireProvider } = await import('@/node/payments/providers');
    expect(() => requireProvider('local')).toThrow(expect.objectContaining({ code: 'payment_provider_unknown' }));
  });

  it('says what a letter needs', async () => {
    const { sendMail } = await import('@/node/mail');
    const letter = { to: 'ada@example.com', subject: '', text: '', html: '', name: 'hello' };
    await expect(sendMail(letter)).rejects.toThrow('MAIL_URL and MAIL_FROM');
  });
});
