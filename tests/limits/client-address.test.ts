import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientAddress } from '@/edge/client-address';

const FORGED = {
  'x-forwarded-for': '6.6.6.6',
  forwarded: 'for=6.6.6.6',
  'x-real-ip': '6.6.6.6',
  'cf-connecting-ip': '6.6.6.6',
  'true-client-ip': '6.6.6.6',
  'x-client-ip': '6.6.6.6',
  'fastly-client-ip': '6.6.6.6',
};

beforeEach(() => {
  vi.stubEnv('VERCEL', undefined);
  vi.stubEnv('CLIENT_ADDRESS_HEADER', undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe('on Vercel', () => {
  beforeEach(() => vi.stubEnv('VERCEL', '1'));

  it('is what Vercel found, whatever else is said', () => {
    vi.stubEnv('CLIENT_ADDRESS_HEADER', 'x-real-ip');
    expect(clientAddress(new Headers({ ...FORGED, 'x-vercel-forwarded-for': '203.0.113.7' }))).toBe('203.0.113.7');
  });

  it('is unknown where Vercel says nothing', () => {
    expect(clientAddress(new Headers(FORGED))).toBeNull();
  });
});

describe('behind a proxy of one’s own', () => {
  beforeEach(() => vi.stubEnv('CLIENT_ADDRESS_HEADER', 'X-Proxy-Saw'));
  const said = (value: string) => clientAddress(new Headers({ ...FORGED, 'x-proxy-saw': value }));

  it('is what the named header says, whatever else is said', () => {
    expect(said('203.0.113.7')).toBe('203.0.113.7');
    expect(clientAddress(new Headers({ 'x-vercel-forwarded-for': '6.6.6.6', 'x-proxy-saw': '203.0.113.7' }))).toBe(
      '203.0.113.7',
    );
  });

  it('is the last of several: what the nearest proxy appended', () => {
    expect(said('6.6.6.6, 203.0.113.7')).toBe('203.0.113.7');
    const headers = new Headers({ 'x-proxy-saw': '6.6.6.6' });
    headers.append('x-proxy-saw', '203.0.113.7');
    expect(clientAddress(headers)).toBe('203.0.113.7');
  });

  it.each([
    ['203.0.113.7:4711', '203.0.113.7'],
    ['  203.0.113.7  ', '203.0.113.7'],
    ['203.0.113.007', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::', 'fe80:0:0:0::/64'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:FFFF:cb00:7107', '203.0.113.7'],
  ])('reads %s as %s', (value, address) => {
    expect(said(value)).toBe(address);
  });

  it.each([
    'unknown',
    '',
    ',',
    '1.2.3',
    '1.2.3.256',
    '1',
    '0x7f000001',
    'localhost',
    '::g',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    '2001:db8::1]',
    'dead',
    '203.0.113.7/32',
  ])('is unknown where the header says %j', (value) => {
    expect(said(value)).toBeNull();
  });
});

it('is unknown on a machine that nobody stands before, whatever is said', () => {
  expect(clientAddress(new Headers({ ...FORGED, 'x-vercel-forwarded-for': '6.6.6.6' }))).toBeNull();
});
