// Built for `npm run bench` alone: the least that an edge route can cost, behind the same middleware as all others.
export const runtime = 'edge';

export const GET = () => Response.json({});
export const POST = () => Response.json({});
