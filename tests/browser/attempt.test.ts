import { describe, expect, it } from 'vitest';
import { attemptKey, endAttempt, openAttempt } from '@/app/(shop)/_checkout/attempt';

function storage() {
  const kept = new Map<string, string>();
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}

describe('An attempt to place an order', () => {
  it('keeps its key until it is answered', () => {
    const store = storage();
    const key = attemptKey('{"total":1}', store);
    expect(attemptKey('{"total":1}', store)).toBe(key);
    expect(openAttempt(store)).toBe('{"total":1}');
    endAttempt(store);
    expect(openAttempt(store)).toBeNull();
    expect(attemptKey('{"total":1}', store)).not.toBe(key);
  });

  it('is another one with another order', () => {
    const store = storage();
    expect(attemptKey('{"total":1}', store)).not.toBe(attemptKey('{"total":2}', store));
  });

  it.each(['not json', '"text"', '{}', '{"key":1,"body":"x"}', 'null'])('takes %s in its place for none', (text) => {
    const store = storage();
    store.setItem('selvedge.attempt', text);
    expect(openAttempt(store)).toBeNull();
    expect(attemptKey('x', store)).toMatch(/^[\w-]{36}$/);
  });

  it('does without a storage that refuses', () => {
    const refuses = () => {
      throw new Error('denied');
    };
    const store = { getItem: refuses, setItem: refuses, removeItem: refuses };
    expect(attemptKey('x', store)).toMatch(/^[\w-]{36}$/);
    expect(() => endAttempt(store)).not.toThrow();
  });
});
