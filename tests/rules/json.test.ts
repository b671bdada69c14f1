import { describe, expect, it } from 'vitest';
import { readJson } from '@/node/rules/json';

describe('reading a rule file as JSON', () => {
  it.each([
    ['nothing', '', 'line 1, column 1 (value expected)'],
    ['a comma too many', '{\n  "promotions": [],\n}', 'line 3, column 1'],
    ['a comma too few', '{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3 (comma expected)'],
    ['single quotes', "{ 'a': 1 }", 'line 1, column 3'],
    ['a comment', '{ // later\n}', 'line 1, column 3'],
    ['an end that is missing', '{\r\n  "a": [1, 2', 'line 2, column 13'],
    ['something behind the end', '{}\n{}', 'line 2, column 1'],
    ['a number that JSON does not have', '{ "a": 01 }', 'line 1, column'],
    ['a line break in a text', '{ "a": "x\ny" }', 'line 1, column'],
  ])('tells the line and the column of %s', (_, text, place) => {
    const { issues, value } = readJson(text);
    expect(value).toBeNull();
    expect(issues).toMatchObject([{ path: '', code: 'json_malformed' }]);
    expect(issues[0]?.message).toContain(place);
  });

  it('refuses a member that is there twice, since one of the two would be lost', () => {
    const { issues } = readJson('{\n  "promotions": [{ "id": "a",\n  "title": "x", "id": "b" }]\n}');
    expect(issues).toEqual([
      { path: 'promotions.0.id', code: 'member_repeated', message: '"id" is there twice, the second time in line 3.' },
    ]);
  });

  it('tells apart members of different objects, and escapes that mean the same letter', () => {
    expect(readJson('[{ "id": 1 }, { "id": 2 }]').issues).toEqual([]);
    expect(readJson('{ "id": 1, "\\u0069d": 2 }').issues).toHaveLength(1);
  });

  it('refuses what is nested deeper than anyone can walk through, at any depth', () => {
    for (const depth of [40, 200_000]) {
      expect(readJson('['.repeat(depth) + ']'.repeat(depth)).issues).toMatchObject([{ code: 'json_too_deep' }]);
    }
  });

  it('takes a byte order mark, and brackets in texts for text', () => {
    const { value, issues } = readJson(`\uFEFF{ "a": "${'['.repeat(100)}" }`);
    expect(issues).toEqual([]);
    expect(value).toEqual({ a: '['.repeat(100) });
  });

  it('knows the line of every path, and of the nearest part of one that is not there', () => {
    const { lineOf } = readJson('{\n  "promotions": [\n    { "id": "a" },\n    {\n      "id": "b" }\n  ]\n}');
    expect(['promotions.0.id', 'promotions.1.id', 'promotions.1.title', 'samples', ''].map(lineOf)).toEqual([
      3, 5, 4, 1, 1,
    ]);
  });
});
