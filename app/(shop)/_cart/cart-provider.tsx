'use client';

import { createContext, use, useCallback, useMemo, useRef, useState } from 'react';
import useSWR from 'swr';
import type { Cart } from '@/commerce/cart';
import { callApi, Problem } from '../api';
import { applyChanges, type CartChange } from './changes';
import { Messages, type ShownMessage } from './messages';

interface CartContext {
  /** The cart with the shopper's unconfirmed changes in it; undefined until it is first known. */
  cart: Cart | undefined;
  /** The cart could not be read. */
  failed: boolean;
  /** Units that the shopper put into the cart. */
  count: number;
  /** Changes are on their way: sums are guesses until they are confirmed, and what promotions take off is unknown. */
  pending: boolean;
  add(change: Omit<Extract<CartChange, { kind: 'add' }>, 'kind'>): Promise<boolean>;
  setQuantity(itemId: string, quantity: number): void;
  remove(itemId: string): void;
  setCurrency(currency: string): void;
  /** Sets country, shipping method and the like. Throws `Problem`. */
  update(details: Record<string, unknown>): Promise<Cart>;
  /** Enters a gift or discount code. Throws `Problem`: `coupon_unknown`, `too_many_coupons`. */
  enterCode(code: string): Promise<Cart>;
  /** Takes a code out again. Throws `Problem`. */
  removeCode(code: string): Promise<Cart>;
  /** The cart as it is kept, asked for anew. */
  reload(): Promise<Cart | undefined>;
  say(message: Omit<ShownMessage, 'id'>): void;
}

const Context = createContext<CartContext | null>(null);

export function useCart(): CartContext {
  const context = use(Context);
  if (!context) throw new Error('useCart needs a CartProvider around it.');
  return context;
}

interface Pending {
  id: number;
  change: CartChange;
}

/**
 * Keeps the cart of this browser. A change shows at once, is sent after the ones before it, and goes away again when
 * its answer arrives: a confirmed one because the answer contains it, a failed one because it did not happen.
 */
export function CartProvider({ children }: { children: React.ReactNode }) {
  const { data, error, mutate } = useSWR<Cart>('/api/cart', (path: string) => callApi<Cart>('GET', path), {
    shouldRetryOnError: true,
    errorRetryCount: 3,
  });
  const [pending, setPending] = useState<readonly Pending[]>([]);
  /** Requests that show nothing before they are answered. */
  const [asking, setAsking] = useState(0);
  const [messages, setMessages] = useState<readonly ShownMessage[]>([]);
  const serial = useRef(0);
  const waiting = useRef<Pending[]>([]);
  const queue = useRef<Promise<unknown>>(Promise.resolve());

  const say = useCallback((message: Omit<ShownMessage, 'id'>) => {
    serial.current += 1;
    // One at a time: a shopper who acts fast wants the latest.
    setMessages([{ ...message, id: serial.current }]);
  }, []);

  const dismiss = useCallback((id: number) => setMessages((all) => all.filter((message) => message.id !== id)), []);

  const change = useCallback(
    (wanted: CartChange): Promise<boolean> => {
      serial.current += 1;
      const entry = { id: serial.current, change: wanted };
      waiting.current.push(entry);
      setPending((all) => [...all, entry]);
      const settle = () => {
        waiting.current = waiting.current.filter((other) => other !== entry);
        setPending((all) => all.filter((other) => other !== entry));
      };
      const done = queue.current.then(async () => {
        // Of many presses on a stepper only the last is worth a request.
        if (isOutdated(entry, waiting.current)) {
          settle();
          return true;
        }
        try {
          await mutate(await sendChange(wanted), { revalidate: false });
          settle();
          return true;
        } catch (thrown) {
          settle();
          say({ tone: 'alert', text: failureText(wanted, thrown) });
          // What is really in the cart is uncertain after a lost answer, and outdated after a refusal.
          mutate().catch(() => {});
          return false;
        }
      });
      queue.current = done;
      return done;
    },
    [mutate, say],
  );

  /** Sends what nobody can guess the outcome of, after the changes before it. */
  const ask = useCallback(
    async (...request: Parameters<typeof callApi>): Promise<Cart> => {
      const answer = queue.current.then(() => callApi<Cart>(...request));
      queue.current = answer.catch(() => {});
      setAsking((count) => count + 1);
      try {
        const updated = await answer;
        await mutate(updated, { revalidate: false });
        return updated;
      } finally {
        setAsking((count) => count - 1);
      }
    },
    [mutate],
  );

  const cart = useMemo(
    () =>
      applyChanges(
        data,
        pending.map((entry) => entry.change),
      ),
    [data, pending],
  );

  const context = useMemo<CartContext>(
    () => ({
      cart,
      failed: error !== undefined && !data,
      count: cart?.items.reduce((units, item) => units + (item.isGift ? 0 : item.quantity), 0) ?? 0,
      pending: pending.length > 0 || asking > 0,
      add: (added) => change({ kind: 'add', ...added }),
      setQuantity: (itemId, quantity) => void change({ kind: 'quantity', itemId, quantity }),
      remove: (itemId) => {
        const item = cart?.items.find((candidate) => candidate.id === itemId);
        void change({ kind: 'remove', itemId });
        if (!item) return;
        const { variantId, quantity, metadata, ...rest } = item;
        say({
          tone: 'calm',
          text: `Removed ${item.title}.`,
          action: {
            label: 'Undo',
            run: () => void change({ kind: 'add', variantId, quantity, metadata, preview: rest }),
          },
        });
      },
      setCurrency: (currency) => void change({ kind: 'currency', currency }),
      update: (details) => ask('PATCH', '/api/cart', { body: details }),
      enterCode: (code) => ask('POST', '/api/cart/coupons', { body: { code } }),
      removeCode: (code) => ask('DELETE', `/api/cart/coupons/${encodeURIComponent(code)}`),
      reload: () => mutate(),
      say,
    }),
    [cart, data, error, pending.length, asking, change, ask, say, mutate],
  );

  return (
    <Context value={context}>
      {children}
      <Messages messages={messages} dismiss={dismiss} />
    </Context>
  );
}

function isOutdated(entry: Pending, waiting: readonly Pending[]): boolean {
  const { change } = entry;
  if (change.kind !== 'quantity') return false;
  return waiting.some(
    (later) =>
      later.id > entry.id &&
      (later.change.kind === 'quantity' || later.change.kind === 'remove') &&
      later.change.itemId === change.itemId,
  );
}

function sendChange(change: CartChange): Promise<Cart> {
  switch (change.kind) {
    case 'add': {
      const { variantId, quantity, metadata, preview } = change;
      const extra = metadata && Object.keys(metadata).length > 0 ? { metadata } : {};
      return callApi<Cart>('POST', '/api/cart/items', {
        body: { variantId, quantity, currency: preview.unitPrice.currency, ...extra },
      });
    }
    case 'quantity':
      return callApi<Cart>('PATCH', `/api/cart/items/${encodeURIComponent(change.itemId)}`, {
        body: { quantity: change.quantity },
      });
    case 'remove':
      return callApi<Cart>('DELETE', `/api/cart/items/${encodeURIComponent(change.itemId)}`);
    case 'currency':
      return callApi<Cart>('PATCH', '/api/cart', { body: { currency: change.currency } });
  }
}

function failureText(change: CartChange, thrown: unknown): string {
  const what = {
    add: 'It was not added to your cart.',
    quantity: 'The quantity was not changed.',
    remove: 'It was not removed.',
    currency: 'The currency of your cart was not changed.',
  }[change.kind];
  const why = thrown instanceof Problem ? (thrown.errors[0]?.message ?? thrown.message) : 'Something went wrong.';
  return `${what} ${why}`;
}
