import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { CommerceError } from '@/commerce/error';
import { problem } from '@/edge/http';
import { LOGIN_PROBLEMS } from '@/node/oauth/provider';

/** What a login at a provider may throw leads to a page, and is answered by no problem document. */
const ANSWERED_BY_A_PAGE: readonly string[] = LOGIN_PROBLEMS;

const sources = ['commerce', 'edge', 'node'].flatMap((room) =>
  readdirSync(join(process.cwd(), room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(process.cwd(), room, file), 'utf8')),
);

function codesOf(source: string): string[] {
  return [...source.matchAll(/\b(?:new CommerceError|inputError)\(\s*'(\w+)'/g)].map((match) => match[1] as string);
}

function isFaultOfOurs(code: string): boolean {
  const silence = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { status } = problem(new CommerceError(code, 'What it says.'), 'a-request');
  silence.mockRestore();
  return status === 500;
}

describe('every code that is thrown', () => {
  it('has a status of its own: 500 is for faults of ours alone', () => {
    const codes = [...new Set(sources.flatMap(codesOf))].filter((code) => !ANSWERED_BY_A_PAGE.includes(code));
    expect(codes.length).toBeGreaterThan(60);
    expect(codes.filter(isFaultOfOurs)).toEqual([]);
  });

  it('is found in whichever way it is written, and one without a status is seen', () => {
    const planted = "throw new CommerceError(\n  'made_up',\n  'x');\nthrow inputError('invalid_input', 'a', 'b');";
    expect(codesOf(planted)).toEqual(['made_up', 'invalid_input']);
    expect(codesOf(planted).filter(isFaultOfOurs)).toEqual(['made_up']);
  });
});
