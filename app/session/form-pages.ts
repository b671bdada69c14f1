const PAGES: Record<string, string> = {
  '/session/login': '/login',
  '/session/register': '/register',
  '/session/forgot': '/account/forgot',
  '/session/logout': '/account',
};

/**
 * Back to the page of a form, which says in words what the problem is: `?problem=` and its code. Null where the address
 * takes no form.
 */
export function formPageOf(pathname: string, code: string, next?: string): string | null {
  const page = PAGES[pathname];
  if (!page) return null;
  return `${page}?${new URLSearchParams({ problem: code, ...(next ? { next } : {}) })}`;
}
