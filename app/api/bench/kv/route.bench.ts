import { edgeEnv } from '@/edge/env';
import { createKv } from '@/edge/kv';

// Built for `npm run bench` alone: an edge route whose whole work is one round trip to KV.
export const runtime = 'edge';

export async function GET(): Promise<Response> {
  const { KV_REST_API_URL, KV_REST_API_TOKEN } = edgeEnv();
  await createKv({ url: KV_REST_API_URL, token: KV_REST_API_TOKEN }).ping();
  return Response.json({});
}
