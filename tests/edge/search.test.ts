import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProductList } from '@/commerce/catalog';
import { editDistances, nearestWords, searchWords } from '@/edge/search';
import { testDatabases } from '@/tests/databases';
import { add, type CatalogShop, openCatalog, product } from './catalog-shop';

describe('the words of a query', () => {
  it.each([
    ['Navy  HERRINGBONE', ['navy', 'herringbone']],
    ['Écru Büklé', ['ecru', 'bukle']],
    ['HRB-BLK-001', ['hrb', 'blk', '001']],
    ['wool wool', ['wool']],
    ['½ yard', ['1', '2', 'yard']],
    [`'; drop table products --`, ['drop', 'table', 'products']],
    ['(a & !b) <-> c:*', ['a', 'b', 'c']],
    ['🧣 "" \0 \\', []],
    ['織物 ткань', ['織物', 'ткань']],
  ])('%j are %j', (query, words) => expect(searchWords(query)).toEqual(words));

  it('are at most ten of at most 40 characters', () => {
    expect(searchWords('x'.repeat(10_000))).toEqual(['x'.repeat(40)]);
    expect(searchWords(Array.from({ length: 5000 }, (_, index) => `w${index}`).join(' '))).toHaveLength(10);
  });
});

describe('typos', () => {
  it.each([
    ['scraf', 'scarf', 1],
    ['hounstooth', 'houndstooth', 1],
    ['twed', 'tweed', 1],
    ['tweeed', 'tweed', 1],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['scarf', 'tartan', 5],
  ])('%s is %s by %d', (typed, word, typos) => expect(editDistances(typed, word).whole).toBe(typos));

  it('are counted against the beginning of a word that is still being typed', () => {
    expect(editDistances('hounsto', 'houndstooth')).toEqual({ whole: 4, prefix: 1 });
  });

  it('are put right only as far as a word of that length may be wrong', () => {
    expect(nearestWords('scraf', ['scarf', 'scarves', 'tartan'])).toEqual(['scarf']);
    expect(nearestWords('abc', ['abd'])).toEqual([]);
    expect(nearestWords('qqqqqq', ['scarf'])).toEqual([]);
  });
});

describe.each(testDatabases('cat_search').filter(({ available }) => available))('search on $server', (database) => {
  let shop: CatalogShop;

  beforeAll(async () => {
    shop = await openCatalog(database);
    await add(
      shop.db,
      product('Herringbone Throw', { type: 'Throw', vendor: 'Thé Mill', description: '<p>Soft <b>wool</b>/silk</p>' }),
      product('Houndstooth Scarf', {
        type: 'Scarf',
        tags: ['winter warmers'],
        description: 'Goes with our herringbone herringbone herringbone throw. '.repeat(20),
        variants: [
          { options: { Colour: 'Indigo Blue' }, sku: 'HT-IND-007' },
          { options: { Colour: 'Écru' }, sku: 'HT-ECR-008' },
        ],
      }),
      product('Tartan Blanket', { description: 'Woven in the valley' }),
      product('Running Selvedge Denim', { variants: [{ options: { Colour: 'Crème' } }] }),
      product('Secret Herringbone', { status: 'draft' }),
    );
  });

  afterAll(() => shop?.platform.close());

  const find = async (query: string): Promise<string[]> => {
    const { status, body } = await shop.call<ProductList>('GET', `/api/products?q=${encodeURIComponent(query)}`);
    expect(status).toBe(200);
    return body.items.map(({ slug }) => slug);
  };

  it.each([
    ['a word of the title above the same in a description', 'herringbone', ['herringbone-throw', 'houndstooth-scarf']],
    ['a beginning', 'herr', ['herringbone-throw', 'houndstooth-scarf']],
    ['a word that is not finished', 'herringbon', ['herringbone-throw', 'houndstooth-scarf']],
    ['a missing letter', 'hounstooth', ['houndstooth-scarf']],
    ['a wrong letter while still typing', 'hounbst', ['houndstooth-scarf']],
    ['swapped letters', 'scraf', ['houndstooth-scarf']],
    ['one right and one wrong word', 'indigo scraf', ['houndstooth-scarf']],
    ['all words, in any order', 'throw wool', ['herringbone-throw']],
    ['no accents typed', 'the ecru', ['houndstooth-scarf']],
    ['accents typed where there are none', 'tärtän', ['tartan-blanket']],
    ['an accent in the wrong direction', 'creme', ['running-selvedge-denim']],
    ['upper case', 'TARTAN', ['tartan-blanket']],
    ['a plural', 'blankets', ['tartan-blanket']],
    ['a word half way to its stem', 'runni', ['running-selvedge-denim']],
    ['a stop word beside another', 'the blanket', ['tartan-blanket']],
    ['an SKU', 'HT-ECR-008', ['houndstooth-scarf']],
    ['part of an SKU', 'ht-ind', ['houndstooth-scarf']],
    ['a tag', 'warmers', ['houndstooth-scarf']],
    ['a vendor', 'thé mill', ['herringbone-throw']],
    ['a word inside markup', 'silk', ['herringbone-throw']],
    ['no markup', 'b p', []],
    ['nothing of drafts', 'secret', []],
    ['nothing near', 'xylophone', []],
    ['nothing where only one word fits', 'tartan xylophone', []],
  ])('finds %s: %s', async (_, query, slugs) => expect(await find(query)).toEqual(slugs));

  it('says what it searched for instead', async () => {
    const { body } = await shop.call<ProductList>('GET', '/api/products?q=tartan%20blankat');
    expect(body).toMatchObject({ correctedQuery: 'tartan blanket', items: [{ slug: 'tartan-blanket' }] });
    expect((await shop.call<ProductList>('GET', '/api/products?q=tartan')).body.correctedQuery).toBeUndefined();
  });

  it('does not put a word right that only a filter hides', async () => {
    const { body } = await shop.call<ProductList>('GET', '/api/products?q=tartan&minPrice=999999');
    expect(body).toEqual({ items: [], nextCursor: null });
  });

  it.each([
    `' OR 1=1 --`,
    `"'\\`,
    '\\',
    `!!!`,
    `& | ! ( ) <-> :*`,
    `a & | b`,
    `%_%`,
    '🧣',
    `o'k½№ﷺ`,
    'x'.repeat(10_000),
    'wort '.repeat(2_000),
    '\u202e\u0301\u0301',
    'ＦＵＬＬ',
    '<script>alert(1)</script>',
    '$1',
    'İstanbul ß ŉ',
  ])('bears %j', async (query) => {
    const { status } = await shop.call('GET', `/api/products?q=${encodeURIComponent(query)}`);
    expect(status).toBe(200);
  });

  it.each(['%00', 'a%00b', '%ff', '%ed%a0%80', '%', '&q=&q'])('bears the bytes %s', async (bytes) => {
    const { status } = await shop.call('GET', `/api/products?q=${bytes}`);
    expect(status).toBeLessThan(500);
  });

  it('finds what was just written, under its new words and no longer under the old', async () => {
    await add(shop.db, product('Loden Coat'));
    await shop.invalidate({ everything: true });
    expect(await find('loden')).toEqual(['loden-coat']);
    await shop.sql.query(`update products set title = 'Duffel Coat' where slug = 'loden-coat'`);
    await shop.sql.query(
      `update variants set sku = 'ZEBRA-1' where product_id = (select id from products where slug = 'loden-coat')`,
    );
    await shop.invalidate({ everything: true });
    expect(await find('duffel')).toEqual(['loden-coat']);
    expect(await find('zebra')).toEqual(['loden-coat']);
    expect(await find('loden')).toEqual([]);
  });
});
