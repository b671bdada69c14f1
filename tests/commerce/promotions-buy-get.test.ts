import { describe, expect, it } from 'vitest';
import { effects, paid, price, promotion } from './examples';

const { buyGet, percent } = effects;

describe('three for two', () => {
  it.each<[string, string, string]>([
    ['nothing for two', '2 tea', 'tea 8.00'],
    ['one of three', '3 tea', 'tea 8.00'],
    ['one of four', '4 tea', 'tea 12.00'],
    ['one of five', '5 tea', 'tea 16.00'],
    ['two of six', '6 tea', 'tea 16.00'],
    ['the cheapest of different goods', '1 coffee, 1 tea, 1 mug', 'coffee 6.50, tea 0.00, mug 9.50'],
    ['one unit of the cheapest line', '1 mug, 2 tea', 'mug 9.50, tea 4.00'],
    ['two units of the cheapest line', '3 mug, 3 tea', 'mug 28.50, tea 4.00'],
    ['the cheapest line and some of the next', '1 tea, 5 mug', 'tea 0.00, mug 38.00'],
    ['a unit of the line with fewer, of two that cost alike', '2 tea, 1 tea', 'tea 8.00, tea/2 0.00'],
  ])('gives %s', (_name, cart, expected) => {
    expect(paid(price(cart, [promotion('Three for two', buyGet(2, 1))]))).toBe(expected);
  });

  it('counts a collection alone', () => {
    const some = promotion('Three for two', buyGet(2, 1, { buyOf: ['drinks'] }));
    expect(paid(price('2 tea, 1 mug', [some]))).toBe('tea 8.00, mug 9.50');
    expect(paid(price('2 tea, 1 coffee, 1 pen', [some]))).toBe('tea 4.00, coffee 6.50, pen 0.05');
  });

  it('takes from what others have left of a line', () => {
    const ten = promotion('Ten', percent(10), { priority: 1 });
    // 10.80 is left of the line, and a third of that is free.
    expect(paid(price('3 tea', [promotion('Three for two', buyGet(2, 1)), ten]))).toBe('tea 7.20');
  });
});

describe('units at a lower price for others that are bought', () => {
  it.each<[string, string, [number, number, number?], string]>([
    ['every fifth half price: not the fourth', '4 tea', [4, 1, 50], 'tea 16.00'],
    ['every fifth half price', '5 tea', [4, 1, 50], 'tea 18.00'],
    ['every fifth half price: two of ten', '10 tea', [4, 1, 50], 'tea 36.00'],
    // A sixth of 9.99 is 1.665.
    ['half of one of three, rounded once', '3 sock', [2, 1, 50], 'sock 8.32'],
    ['buy one, get one', '2 mug', [1, 1], 'mug 9.50'],
    ['buy one, get one: the third is paid', '3 mug', [1, 1], 'mug 19.00'],
    ['buy three, get two: five', '5 tea', [3, 2], 'tea 12.00'],
    ['buy three, get two: four are not enough for both', '4 tea', [3, 2], 'tea 16.00'],
    ['buy three, get two: eight are not enough for twice', '8 tea', [3, 2], 'tea 24.00'],
    ['buy three, get two: ten', '10 tea', [3, 2], 'tea 24.00'],
  ])('%s', (_name, cart, [buy, get, rate], expected) => {
    const effect = buyGet(buy, get, rate === undefined ? {} : { percent: rate });
    expect(paid(price(cart, [promotion('Offer', effect)]))).toBe(expected);
  });

  it.each<[string, string, number, string]>([
    ['once, of what would be twice', '6 tea', 1, 'tea 20.00'],
    ['twice, of what would be three times', '9 tea', 2, 'tea 28.00'],
    ['as often as there is enough', '3 tea', 2, 'tea 8.00'],
  ])('are limited to %s', (_name, cart, maxTimes, expected) => {
    expect(paid(price(cart, [promotion('Offer', buyGet(2, 1, { maxTimes }))]))).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['a mug free', '1 pan, 1 mug', 'pan 25.00, mug 0.00'],
    ['two mugs free for two pans', '2 pan, 2 mug', 'pan 50.00, mug 0.00'],
    ['no more mugs than pans', '1 pan, 3 mug', 'pan 25.00, mug 19.00'],
    ['no more than there are', '3 pan, 1 mug', 'pan 75.00, mug 0.00'],
    ['nothing without a mug', '1 pan', 'pan 25.00'],
    ['nothing without a pan', '1 mug', 'mug 9.50'],
  ])('may be others than those: for a pan %s', (_name, cart, expected) => {
    const effect = buyGet(1, 1, { buyOf: ['pan'], getOf: ['mug'] });
    expect(paid(price(cart, [promotion('A mug for a pan', effect)]))).toBe(expected);
  });

  it('are the cheapest of the kind', () => {
    const effect = buyGet(2, 1, { buyOf: ['drinks'], getOf: ['paper'], percent: 50 });
    const priced = price('1 tea, 1 coffee, 1 book, 1 pen', [promotion('Reading', effect)]);
    // Half of five cents is three.
    expect(paid(priced)).toBe('tea 4.00, coffee 6.50, book 12.00, pen 0.02');
  });

  it.each<[string, string, string]>([
    ['coffee buys the tea', '1 coffee, 1 tea', 'coffee 6.50, tea 0.00'],
    ['one tea buys the other', '2 tea', 'tea 4.00'],
    ['coffee and a tea buy two teas', '1 coffee, 3 tea', 'coffee 6.50, tea 4.00'],
    ['two coffees buy two teas, and the third tea is paid', '2 coffee, 3 tea', 'coffee 13.00, tea 4.00'],
    ['coffee buys no coffee', '2 coffee', 'coffee 13.00'],
  ])('may be bought and got at once: for a drink a tea, and %s', (_name, cart, expected) => {
    const effect = buyGet(1, 1, { buyOf: ['drinks'], getOf: ['tea'] });
    expect(paid(price(cart, [promotion('A tea for a drink', effect)]))).toBe(expected);
  });
});
