import type { Currency } from '../currencies';
import { Footer } from './footer';
import { Header } from './header';

/** What every page of the shop stands in: a way past the header, the header, the page itself, the footer. */
export function Frame({ currency, children }: { currency: Currency; children: React.ReactNode }) {
  return (
    <>
      <Header currency={currency} />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Footer currency={currency} />
    </>
  );
}
