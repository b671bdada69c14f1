import { afterEach, describe, expect, it, vi } from 'vitest';
import { batched, mayShareTrips, type Pipeline } from '@/edge/kv-batches';

type Answer = { result?: unknown; error?: string };

/** A client whose batches are answered when the test says so. */
function fakeClient() {
  const sent: { commands: unknown[]; answer(answers: Answer[]): void; fail(error: Error): void }[] = [];
  const client = {
    pipeline() {
      const commands: unknown[] = [];
      return {
        get: (key: string) => commands.push(key),
        exec: () =>
          new Promise<Answer[]>((resolve, reject) => {
            sent.push({ commands, answer: resolve, fail: reject });
          }),
      };
    },
  };
  const run = batched(client as never);
  return { sent, get: (key: string) => run((pipeline: Pipeline) => pipeline.get(key)) };
}

const settled = () => new Promise((done) => setImmediate(done));

afterEach(() => vi.useRealTimers());

describe('commands of requests that run at once', () => {
  it('leave at once where nothing is under way', () => {
    const { sent, get } = fakeClient();
    void get('a');
    expect(sent.map(({ commands }) => commands)).toEqual([['a']]);
  });

  it('wait for the batch under way, and then share one trip', async () => {
    const { sent, get } = fakeClient();
    const answers = [get('a'), get('b'), get('c')];
    expect(sent).toHaveLength(1);
    sent[0]!.answer([{ result: 'A' }]);
    await settled();
    expect(sent[1]!.commands).toEqual(['b', 'c']);
    sent[1]!.answer([{ result: 'B' }, { result: null }]);
    expect(await Promise.all(answers)).toEqual(['A', 'B', null]);
  });

  it('never wait longer than 25 milliseconds', () => {
    vi.useFakeTimers();
    const { sent, get } = fakeClient();
    void get('a');
    void get('b');
    vi.advanceTimersByTime(24);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sent[1]!.commands).toEqual(['b']);
  });

  it('do not suffer from what another was refused', async () => {
    const { sent, get } = fakeClient();
    const first = get('a');
    const answers = Promise.allSettled([get('b'), get('c')]);
    sent[0]!.answer([{ result: 'A' }]);
    await first;
    await settled();
    sent[1]!.answer([{ error: 'WRONGTYPE no' }, { result: 'C' }]);
    expect(await answers).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ name: 'KvCommandError', message: 'WRONGTYPE no' }) },
      { status: 'fulfilled', value: 'C' },
    ]);
  });

  it('all learn of a trip that failed, and the next go on', async () => {
    const { sent, get } = fakeClient();
    const failed = get('a');
    const next = get('b');
    sent[0]!.fail(new TypeError('fetch failed'));
    await expect(failed).rejects.toThrow('fetch failed');
    await settled();
    sent[1]!.answer([{ result: 'B' }]);
    expect(await next).toBe('B');
  });
});

describe('sharing trips', () => {
  it('is for processes that serve all their requests in one place', () => {
    expect(mayShareTrips()).toBe(true);
  });

  it.each([
    ['Vercel', { EdgeRuntime: 'vercel' }],
    ['workerd', { navigator: { userAgent: 'Cloudflare-Workers' } }],
  ])('is not for an isolate of %s', (_name, globals) => {
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    expect(mayShareTrips()).toBe(false);
    vi.unstubAllGlobals();
  });
});
