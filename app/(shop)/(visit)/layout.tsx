import { cookies } from 'next/headers';
import { Frame } from '../_frame/frame';
import { CURRENCY_COOKIE, currencyOr } from '../currencies';

/** The pages that are rendered for one visitor: search, cart, checkout, orders and the account. */
export default async function VisitLayout({ children }: { children: React.ReactNode }) {
  const currency = currencyOr((await cookies()).get(CURRENCY_COOKIE)?.value);
  return <Frame currency={currency}>{children}</Frame>;
}
