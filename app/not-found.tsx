import type { Metadata } from 'next';
import { Frame } from './(shop)/_frame/frame';
import { Missing } from './(shop)/_frame/missing';
import { currencyOr } from './(shop)/currencies';

export const metadata: Metadata = { title: 'Nothing here' };

/** For addresses that no page has. */
export default function NotFound() {
  return (
    <Frame currency={currencyOr(undefined)}>
      <Missing />
    </Frame>
  );
}
