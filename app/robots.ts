import type { MetadataRoute } from 'next';

/** What is one visitor's own, or endless, is no use to an index. */
export default function robots(): MetadataRoute.Robots {
  const disallow = [
    '/api/',
    '/cart',
    '/checkout',
    '/orders/',
    '/account',
    '/login',
    '/register',
    '/session',
    '/search?',
  ];
  return { rules: { userAgent: '*', allow: '/', disallow } };
}
