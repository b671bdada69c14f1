import type { MetadataRoute } from 'next';

/** What is one visitor's own, or endless, is no use to an index. */
export default function robots(): MetadataRoute.Robots {
  return { rules: { userAgent: '*', allow: '/', disallow: ['/api/', '/cart', '/checkout', '/orders/', '/search?'] } };
}
