import type { Cart } from '@/commerce/cart';
import { dispatch, type Operation } from '@/edge/http';

const ORIGIN = 'http://shop.test';

export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
  /** Round trips as `Server-Timing` tells them. */
  trips: { kv: number; db: number };
}

export type Problem = {
  code: string;
  errors?: { path: string; code: string }[];
  version?: number;
};

/** Speaks to operations as a client without cookies would. */
export function clientOf(operations: readonly Operation[], origin = ORIGIN) {
  return async function call<Body = Cart>(
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer<Body>> {
    const response = await dispatch(
      operations,
      new Request(origin + path, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const [, kv, db] = /kv;desc="(\d+)".*db;desc="(\d+)"/.exec(response.headers.get('server-timing') ?? '') ?? [];
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Body,
      trips: { kv: Number(kv), db: Number(db) },
    };
  };
}
