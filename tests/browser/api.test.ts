import { afterEach, describe, expect, it, vi } from 'vitest';
import { callApi, type Problem } from '@/app/(shop)/api';

/** Answers the pages' requests by their method and path, each in its turn, and notes them. */
function answerWith(answers: Record<string, (readonly [status: number, body: unknown])[]>): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (path: string, { method }: RequestInit) => {
    const name = `${method} ${path}`;
    asked.push(name);
    // A network takes its time: others come meanwhile.
    await new Promise((wait) => setTimeout(wait, 5));
    const [status, body] = answers[name]?.shift() ?? [500, { code: 'not_foreseen' }];
    return new Response(body === null ? null : JSON.stringify(body), { status });
  });
  return asked;
}

const EXPIRED = [401, { code: 'token_expired' }] as const;
const ENDED = [401, { code: 'session_ended' }] as const;

describe('What a page asks of the API', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is asked again, once, when the session was refreshed meanwhile', async () => {
    const asked = answerWith({
      'GET /api/cart': [EXPIRED, [200, { id: 'cart_1' }]],
      'POST /api/auth/refresh': [[200, {}]],
    });
    expect(await callApi('GET', '/api/cart')).toEqual({ id: 'cart_1' });
    expect(asked).toEqual(['GET /api/cart', 'POST /api/auth/refresh', 'GET /api/cart']);
  });

  it('waits for one refresh, however many ask', async () => {
    const asked = answerWith({
      'GET /api/cart': [EXPIRED, [200, 'cart']],
      'GET /api/me': [EXPIRED, [200, 'me']],
      'POST /api/me/addresses': [EXPIRED, [201, 'address']],
      'POST /api/auth/refresh': [[200, {}]],
    });
    const answers = await Promise.all([
      callApi('GET', '/api/cart'),
      callApi('GET', '/api/me'),
      callApi('POST', '/api/me/addresses', { body: {} }),
    ]);
    expect(answers).toEqual(['cart', 'me', 'address']);
    expect(asked.filter((name) => name === 'POST /api/auth/refresh')).toHaveLength(1);
  });

  it('refreshes anew when the next access token is over', async () => {
    const asked = answerWith({
      'GET /api/cart': [EXPIRED, [200, 1], EXPIRED, [200, 2]],
      'POST /api/auth/refresh': [
        [200, {}],
        [200, {}],
      ],
    });
    expect(await callApi('GET', '/api/cart')).toBe(1);
    expect(await callApi('GET', '/api/cart')).toBe(2);
    expect(asked).toHaveLength(6);
  });

  it.each([
    ['cannot be refreshed', EXPIRED],
    ['was ended elsewhere', ENDED],
  ])('is answered as a guest where the session %s', async (_, first) => {
    answerWith({ 'GET /api/cart': [first, [200, { id: 'guest' }]], 'POST /api/auth/refresh': [ENDED] });
    expect(await callApi('GET', '/api/cart')).toEqual({ id: 'guest' });
  });

  it('is not repeated without end', async () => {
    const asked = answerWith({ 'GET /api/me': [EXPIRED, EXPIRED], 'POST /api/auth/refresh': [[200, {}]] });
    await expect(callApi('GET', '/api/me')).rejects.toMatchObject({ code: 'token_expired' } satisfies Partial<Problem>);
    expect(asked).toHaveLength(3);
  });

  it('tells why the session cannot be refreshed at this moment, and keeps it', async () => {
    const asked = answerWith({
      'GET /api/me': [EXPIRED],
      'POST /api/auth/refresh': [[503, { code: 'database_unavailable' }]],
    });
    await expect(callApi('GET', '/api/me')).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(asked).toEqual(['GET /api/me', 'POST /api/auth/refresh']);
  });

  it('is left alone where anything else is wrong', async () => {
    const asked = answerWith({ 'POST /api/auth/login': [[401, { code: 'login_failed' }]] });
    await expect(callApi('POST', '/api/auth/login', { body: {} })).rejects.toMatchObject({ code: 'login_failed' });
    expect(asked).toEqual(['POST /api/auth/login']);
  });
});
