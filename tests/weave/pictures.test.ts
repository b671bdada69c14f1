import { describe, expect, it } from 'vitest';
import { SEED_PRODUCTS } from '@/db/seed';
import { COLLECTIONS } from '@/db/seed/collections';
import { WEAVES } from '@/edge/weave/draft';
import { FORMS } from '@/edge/weave/forms';
import { weave } from '@/edge/weave/handler';
import { parseXml } from './well-formed';

const MAX_BYTES = 12 * 1024;

const ask = (address: string) => weave(new Request(new URL(address, 'https://shop.example')));

const addresses = [
  ...new Set([
    ...SEED_PRODUCTS.flatMap((product) => product.media.map((media) => media.url)),
    ...COLLECTIONS.map((collection) => collection.imageUrl ?? ''),
  ]),
];

/** What a picture may consist of: nothing that loads, runs or links. */
const ELEMENTS = new Set(
  'svg defs g path rect circle ellipse use pattern clipPath linearGradient radialGradient stop filter feGaussianBlur'.split(
    ' ',
  ),
);

function inspect(svg: string): void {
  const elements = parseXml(svg);
  const ids = elements.flatMap(({ attributes }) => attributes.get('id') ?? []);
  expect(new Set(ids).size, 'an id is used twice').toBe(ids.length);
  const known = new Set(ids);
  const faults = elements.flatMap(({ name, attributes }) =>
    [...attributes].flatMap(([key, value]) => {
      if (!ELEMENTS.has(name)) return [`<${name}> has no place in a picture`];
      if (key !== 'xmlns' && /NaN|undefined|null|Infinity|:\/\//.test(value)) return [`${name} ${key}="${value}"`];
      const reference = /^url\(#(.+)\)$/.exec(value)?.[1] ?? (key === 'href' ? value.replace(/^#/, '') : null);
      return reference !== null && !known.has(reference) ? [`${name} refers to ${reference}, which is not there`] : [];
    }),
  );
  expect(faults).toEqual([]);
}

describe('the pictures of the shop', () => {
  it('are all well-formed, self-contained and small', async () => {
    expect(addresses.length).toBeGreaterThan(300);
    const sizes: number[] = [];
    for (const address of addresses) {
      const response = ask(address);
      expect(response.status, address).toBe(200);
      expect(response.headers.get('content-type')).toBe('image/svg+xml');
      const svg = await response.text();
      inspect(svg);
      sizes.push(new TextEncoder().encode(svg).length);
      expect(sizes.at(-1), address).toBeLessThanOrEqual(MAX_BYTES);
    }
    const median = sizes.toSorted((a, b) => a - b)[sizes.length >> 1];
    expect(median).toBeLessThanOrEqual(MAX_BYTES / 2);
  });

  it('are the same bytes whenever they are asked for', async () => {
    for (const address of addresses.filter((_, index) => index % 7 === 0)) {
      expect(await ask(address).text()).toBe(await ask(address).text());
    }
  });

  it('can be drawn for every weave in every form', async () => {
    for (const name of Object.keys(WEAVES)) {
      for (const form of Object.keys(FORMS)) {
        inspect(await ask(`/weave/${name}/${form}.svg?warp=navy.3-chalk&weft=ecru&finish=fleck`).text());
        inspect(await ask(`/weave/${name}/${form}.svg?warp=navy&resist=ecru&gauge=fine`).text());
      }
    }
  });

  it('say the size that the catalog says of them', async () => {
    for (const media of SEED_PRODUCTS.flatMap((product) => product.media.slice(0, 2))) {
      const svg = await ask(media.url).text();
      expect(svg).toContain(`width="${media.width}" height="${media.height}"`);
    }
  });

  it('may be kept for ever, and can do nothing where they are opened as pages', () => {
    const { headers } = ask('/weave/twill/scarf.svg?warp=ink.4-chalk.4');
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('set-cookie')).toBeNull();
  });
});

describe('an address that asks for what cannot be', () => {
  it.each([
    '/weave/velcro/scarf.svg?warp=navy',
    '/weave/twill/spaceship.svg?warp=navy',
    '/weave/twill/scarf.png?warp=navy',
    '/weave/twill/scarf?warp=navy',
    '/weave/constructor/scarf.svg?warp=navy',
    '/weave/__proto__/scarf.svg?warp=navy',
    '/weave/twill/toString.svg?warp=navy',
    '/weave/twill/scarf.svg/more?warp=navy',
    '/weave/twill/%3Cscript%3E.svg?warp=navy',
    '/weave/twill/..%2f..%2fetc.svg?warp=navy',
  ])('%s is not found', (address) => {
    expect(ask(address).status).toBe(404);
  });

  it.each([
    ['no colours', ''],
    ['an unknown shade', 'warp=octarine'],
    ['a colour that is not a shade', 'warp=%23ff0000'],
    ['markup for a shade', 'warp=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E'],
    ['an inherited name for a shade', 'warp=constructor'],
    ['no threads', 'warp=navy.0'],
    ['negative threads', 'warp=navy.-4'],
    ['too many threads', 'warp=navy.121'],
    ['far too many threads', 'warp=navy.99999999999999999999'],
    ['half a thread', 'warp=navy.1.5'],
    ['too many stripes', `warp=${Array.from({ length: 25 }, () => 'navy').join('-')}`],
    ['too many threads in all', `warp=${Array.from({ length: 5 }, () => 'navy.120').join('-')}`],
    ['a repeat that never closes', 'warp=navy.120-chalk.119-navy.120-chalk.118'],
    ['an empty stripe', 'warp=navy--chalk'],
    ['a sett beside a warp', 'sett=navy.4-chalk.4&warp=navy'],
    ['a sett with a weft', 'sett=navy.4-chalk.4&weft=navy'],
    ['a bad weft', 'warp=navy&weft='],
    ['an unknown finish', 'warp=navy&finish=glitter'],
    ['an unknown gauge', 'warp=navy&gauge=9999'],
    ['an inherited name for a gauge', 'warp=navy&gauge=toString'],
    ['an unknown resist', 'warp=navy&resist=%3C'],
    ['ikat on a striped warp', 'warp=navy.4-chalk.4&resist=ecru'],
    ['a parameter that means nothing', 'warp=navy&cachebuster=1'],
    ['a parameter twice', 'warp=navy&warp=chalk'],
    ['a very long query', `warp=navy&weft=${'navy-'.repeat(200)}navy`],
  ])('is told that it cannot be woven: %s', async (_, query) => {
    const response = ask(`/weave/basket/scarf.svg?${query}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ code: 'invalid_input', status: 400, requestId: expect.any(String) });
  });

  it('is never repeated in the answer', async () => {
    const marker = 'zzmarkerzz';
    for (const address of [
      `/weave/twill/scarf.svg?warp=navy&${marker}=1`,
      `/weave/twill/scarf.svg?warp=${marker}`,
      `/weave/twill/scarf.svg?warp=%22%3E%3C${marker}`,
      `/weave/${marker}/scarf.svg?warp=navy`,
      `/weave/twill/${marker}.svg?warp=navy`,
    ]) {
      expect(await ask(address).text()).not.toContain(marker);
    }
  });

  it('costs little, even where it asks for as much as it may', async () => {
    const stripes = Array.from({ length: 24 }, (_, index) => `${['navy', 'chalk', 'rust'][index % 3]}.20`).join('-');
    for (const form of Object.keys(FORMS)) {
      for (const name of Object.keys(WEAVES)) {
        for (const finish of ['pucker', 'brushed', 'fleck']) {
          const response = ask(`/weave/${name}/${form}.svg?warp=${stripes}&finish=${finish}`);
          const text = await response.text();
          if (response.status === 200) expect(text.length, `${name} ${form} ${finish}`).toBeLessThan(32 * 1024);
        }
      }
    }
  });
});

describe('the reader that the tests above rely on', () => {
  it.each([
    '<svg><g></svg>',
    '<svg><path d="a" d="b"/></svg>',
    '<svg><path d=a/></svg>',
    '<svg>text</svg>',
    '<svg><path d="<"/></svg>',
    '<svg><path d="a & b"/></svg>',
    '<svg/><svg/>',
    '<svg>',
  ])('refuses %s', (text) => {
    expect(() => parseXml(text)).toThrow();
  });
});
