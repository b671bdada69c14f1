'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useId, useRef, useState } from 'react';
import useSWR from 'swr';
import type { Address, Cart, PromotionOutcome, Totals } from '@/commerce/cart';
import { formatMoney, type Money } from '@/commerce/money';
import type { ShippingChoice } from '@/commerce/shipping-choice';
import { Adjustments, PromotionAmount } from '../_cart/adjustments';
import { useCart } from '../_cart/cart-provider';
import { CodeField } from '../_cart/code-field';
import { LineAmount } from '../_cart/line-amount';
import { fallenAway } from '../_cart/promotion-words';
import { TotalsTable } from '../_cart/totals';
import { Picture } from '../_catalog/picture';
import { Amount } from '../_catalog/price';
import { callApi, isUnanswered, Problem } from '../api';
import { localeOf } from '../currencies';
import { AddressFields, addressIn, type Country } from './address-fields';
import { attemptKey, endAttempt, openAttempt } from './attempt';
import styles from './checkout-view.module.css';
import { FieldError, type FieldErrors, fieldId, TextField } from './field';
import { ShippingWays } from './shipping-choice';

/** What a signed-in shopper's account fills in. */
export interface CheckoutAccount {
  email: string;
  name: string;
  /** The default one first. */
  addresses: { id: string; address: Address }[];
}

const CARDS = [
  { id: 'success', title: 'Pays at once', hint: 'The card says yes.' },
  { id: 'three_d_secure', title: 'Asks for 3-D Secure', hint: 'You confirm on the bank’s page and come back.' },
  { id: 'decline', title: 'Declines', hint: 'The bank says no; your cart stays as it is.' },
  { id: 'late', title: 'Answers late', hint: 'The payment is confirmed a little later.' },
  { id: 'twice', title: 'Answers twice', hint: 'The provider tells us twice; you pay once.' },
] as const;

interface Placed {
  order: { id: string };
  payment: { status: string; redirectUrl?: string };
}

/** What the shop answers where it would take another total than the one agreed to. */
interface ChangedPrice {
  totals: Totals;
  promotions: PromotionOutcome[];
}

interface CheckoutProps {
  countries: Country[];
  /** Null for a guest. */
  account: CheckoutAccount | null;
}

export function CheckoutView({ countries, account }: CheckoutProps) {
  const { cart, failed, reload } = useCart();
  if (failed) {
    return (
      <div className="notice" role="alert">
        <p>Your cart could not be reached just now. What you put in it is safe.</p>
        <button type="button" className="plain" onClick={() => void reload().catch(() => {})}>
          Try again
        </button>
      </div>
    );
  }
  if (!cart) {
    return (
      <>
        <p className={styles.loading} role="status">
          Fetching your cart…
        </p>
        <noscript>
          <p className="notice">Checking out needs JavaScript, which this browser does not run.</p>
        </noscript>
      </>
    );
  }
  return <CheckoutForm cart={cart} countries={countries} account={account} />;
}

const TOTAL_CHANGED = 'The total has changed with your details. Please look at it once more.';

function CheckoutForm({ cart, countries, account }: CheckoutProps & { cart: Cart }) {
  const router = useRouter();
  const { update, reload, pending } = useCart();
  const form = useRef<HTMLFormElement>(null);
  const summary = useRef<HTMLDivElement>(null);
  /** What the fields of the address were filled with, and how often: each time they are made anew. */
  const [filled, setFilled] = useState(cart.shippingAddress ?? usableAddress(account, countries));
  const [filledTimes, setFilledTimes] = useState(0);
  const [country, setCountry] = useState(filled?.country ?? cart.country);
  const [methodId, setMethodId] = useState(cart.shippingMethodId);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [notice, setNotice] = useState<string | null>(null);
  /** What the shop asked to agree to anew, until the cart itself says another: the order knows who buys, the cart does not. */
  const [changed, setChanged] = useState<ChangedPrice | null>(null);
  /** What became different with it, for people. */
  const [differences, setDifferences] = useState<string[]>([]);
  const [isCompany, setCompany] = useState(cart.vatId !== null);
  const [placing, setPlacing] = useState(false);
  /** The total, in minor units, that Pay was pressed for while the page waited for an answer. */
  const [pressed, setPressed] = useState<number | null>(null);
  /** The order stands; the page is about to be left. */
  const [leaving, setLeaving] = useState(false);
  /** An order was sent and nobody knows what became of it: the cart may be empty because of it. */
  const [unanswered, setUnanswered] = useState(false);
  const totals = changed?.totals ?? cart.totals;
  const { total } = totals;

  const shipping = useSWR<ShippingChoice>(
    ['/api/cart/shipping-options', parcelOf(cart)],
    ([path]: [string]) => callApi('GET', path),
    { keepPreviousData: true },
  );
  const options = shipping.data?.items;

  // Someone who may choose only one way need not choose; nobody is sent to a shop's door without having asked for it.
  const first = (options?.find(({ kind }) => kind === 'delivery') ?? options?.[0])?.id;
  const known = options?.some(({ id }) => id === methodId) ?? true;
  useEffect(() => {
    if (first === undefined || (methodId && known)) return;
    setMethodId(first);
    update({ shippingMethodId: first }).catch(() => {});
  }, [first, methodId, known, update]);

  // A total that is still to grow by its delivery is not one to agree to.
  const settled =
    !shipping.isLoading && options !== undefined && (options.length === 0 || cart.shippingMethodId === methodId);
  const unsettled = !settled && !shipping.error;
  const busy = placing || leaving || pressed !== null;

  // Whoever pressed Pay while an answer was on its way pays then, unless it is another total than they pressed for.
  useEffect(() => {
    if (pressed === null || unsettled || pending) return;
    setPressed(null);
    if (pressed === total.amount) return form.current?.requestSubmit();
    setNotice(TOTAL_CHANGED);
    requestAnimationFrame(() => summary.current?.focus());
  }, [pressed, unsettled, pending, total.amount]);

  // An address that the account brought decides tax and delivery as one that was typed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page is come to.
  useEffect(() => {
    if (filled && !cart.shippingAddress && cart.items.length > 0) void change({ shippingAddress: filled });
  }, []);

  if (cart.items.length === 0 && !leaving && !unanswered) return <NothingToPay go={go} />;

  function go({ order, payment }: Placed) {
    setLeaving(true);
    if (payment.status === 'requires_action' && payment.redirectUrl) window.location.assign(payment.redirectUrl);
    else router.push(`/orders/${order.id}`);
  }

  function showErrors(found: FieldErrors, words: string | null, { takesFocus = true } = {}) {
    setErrors(found);
    setNotice(words);
    if (found.vatId) setCompany(true);
    // Whoever has gone on to another field is not called back.
    if (!takesFocus) return;
    // After the messages are on the page: the focus then reads them out.
    requestAnimationFrame(() => {
      const invalid = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
      (invalid ?? summary.current)?.focus();
    });
  }

  function forgetChanged() {
    setChanged(null);
    setDifferences([]);
  }

  async function change(details: {
    country?: string;
    shippingAddress?: Address;
    shippingMethodId?: string;
    vatId?: string | null;
  }) {
    setErrors({});
    forgetChanged();
    try {
      await update(details);
    } catch (thrown) {
      if (details.country) setCountry(cart.country);
      if (details.shippingMethodId) setMethodId(cart.shippingMethodId);
      const problem = thrown instanceof Problem ? thrown : null;
      const takesFocus = details.vatId === undefined && details.shippingAddress === undefined;
      showErrors(byPath(problem), problem?.errors.length ? null : (problem?.message ?? null), { takesFocus });
    }
  }

  /** Region and postcode may decide tax and delivery: a whole address is told at once, so that no total waits for Pay. */
  async function tellAddress() {
    if (!form.current || placing) return;
    const isWhole = !Object.keys(missingFields(form.current)).some((path) => path.startsWith('shippingAddress.'));
    const entered = addressIn(form.current, 'shippingAddress', country);
    if (isWhole && JSON.stringify(entered) !== JSON.stringify(cart.shippingAddress)) {
      await change({ shippingAddress: entered });
    }
  }

  function fillIn(address: Address) {
    setFilled(address);
    setFilledTimes((times) => times + 1);
    setCountry(address.country);
    void change({ shippingAddress: address });
  }

  async function place(event: React.FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (placing || leaving) return;
    if (unsettled || pending) return setPressed(total.amount);
    const values = new FormData(event.currentTarget);
    const text = (path: string) => String(values.get(path) ?? '').trim();
    const missing = missingFields(event.currentTarget);
    if (options && options.length > 0 && !methodId) missing.shippingMethodId = 'Choose how it is sent.';
    if (Object.keys(missing).length > 0) return showErrors(missing, null);

    const details = {
      email: text('email'),
      shippingAddress: addressIn(event.currentTarget, 'shippingAddress', country),
      ...(methodId ? { shippingMethodId: methodId } : {}),
    };
    setPlacing(true);
    setErrors({});
    setNotice(null);
    try {
      const order = JSON.stringify({
        ...details,
        payment: { provider: 'local', card: text('payment.card') },
        expectedTotal: total,
      });
      // The same order once more, of which no answer came: perhaps it stands, and its cart is gone.
      if (openAttempt(window.sessionStorage) !== order) {
        // Kept with the cart first: whoever comes back from a declined card finds it filled in.
        const kept = await update({ ...details, vatId: text('vatId') || null });
        if (!changed && kept.totals.total.amount !== total.amount) {
          return showErrors({}, TOTAL_CHANGED);
        }
      }
      go(await placeOrder(order));
    } catch (thrown) {
      await refused(thrown);
    } finally {
      setPlacing(false);
    }
  }

  async function refused(thrown: unknown) {
    if (!(thrown instanceof Problem)) return showErrors({}, 'Something went wrong. You have not been charged.');
    switch (thrown.code) {
      case 'price_changed':
        await showChanged(thrown.facts as Partial<ChangedPrice>);
        return showErrors({}, 'A price has changed since you looked. Please check the new total, then pay.');
      case 'out_of_stock':
        await reload().catch(() => {});
        return showErrors(
          {},
          [...thrown.errors.map(({ message }) => message), 'Change your cart and come back: nothing was charged.'].join(
            ' ',
          ),
        );
      case 'order_already_placed':
        await reload().catch(() => {});
        return showErrors({}, 'This cart was ordered and paid already. Look into your mail for its confirmation.');
      case 'payment_declined':
        return showErrors(
          {},
          'The card was declined and you have not been charged. Your cart is kept: try another card.',
        );
      default: {
        setUnanswered(isUnanswered(thrown));
        if (isUnanswered(thrown)) {
          return showErrors({}, `${thrown.message} If you press Pay again, you will not be charged twice.`);
        }
        const found = byPath(thrown);
        const shown = Object.keys(found).some((path) => document.getElementById(fieldId(path)));
        return showErrors(found, shown ? null : thrown.message);
      }
    }
  }

  async function showChanged({ totals: now, promotions = [] }: Partial<ChangedPrice>) {
    const before = moneyText(totals.total);
    const words = now ? [`The total is ${moneyText(now.total)} instead of ${before}.`] : [];
    setDifferences([...words, ...fallenAway(changed?.promotions ?? cart.promotions, promotions)]);
    const fresh = await reload().catch(() => undefined);
    // Where the cart knows by now what the order knew, it tells it line by line.
    const isKnown = !now || (fresh && fresh.totals.total.amount === now.total.amount);
    setChanged(isKnown ? null : { totals: now, promotions });
  }

  return (
    <form
      ref={form}
      className={styles.columns}
      onSubmit={place}
      onInput={({ target }) => {
        const { name } = target as HTMLInputElement;
        if (errors[name]) setErrors(({ [name]: _mended, ...others }) => others);
      }}
      onBlur={({ target, relatedTarget }) => {
        if (isAddressField(target) && !isAddressField(relatedTarget)) void tellAddress();
      }}
      noValidate
      aria-label="Checkout"
    >
      <div className={styles.steps}>
        <section className={styles.step} aria-labelledby="contact">
          <h2 id="contact">Contact</h2>
          <TextField
            path="email"
            label="Email"
            type="email"
            inputMode="email"
            autoComplete="email"
            maxLength={254}
            hint="For the confirmation of your order, and nothing else."
            defaultValue={cart.email ?? account?.email ?? ''}
            errors={errors}
          />
          {account ? null : (
            <p className={styles.hint}>
              Have an account? <a href="/login?next=/checkout">Sign in</a>, and this is filled in for you.
            </p>
          )}
        </section>

        <section className={styles.step} aria-labelledby="address">
          <h2 id="address">Address</h2>
          <div className={styles.fields}>
            {account && account.addresses.length > 1 ? (
              <SavedAddresses addresses={account.addresses} chosen={filled} choose={fillIn} />
            ) : null}
            <AddressFields
              key={filledTimes}
              prefix="shippingAddress"
              address={filled ?? (account && { name: account.name })}
              country={country}
              countries={countries}
              chooseCountry={(chosen) => {
                setCountry(chosen);
                void change({ country: chosen });
              }}
              errors={errors}
            />
            <details
              className={styles.company}
              open={isCompany}
              onToggle={(event) => setCompany(event.currentTarget.open)}
            >
              <summary>Buying for a company?</summary>
              <TextField
                path="vatId"
                label="VAT id"
                autoComplete="off"
                maxLength={32}
                required={false}
                hint="For the invoice. Where the law has you owe the tax yourself, you pay the net price."
                defaultValue={cart.vatId ?? ''}
                errors={errors}
                onLeave={(text) => {
                  if (text !== (cart.vatId ?? '')) void change({ vatId: text || null });
                }}
              />
            </details>
          </div>
        </section>

        <section className={styles.step}>
          <fieldset aria-describedby={errors.shippingMethodId ? `${fieldId('shippingMethodId')}-error` : undefined}>
            <legend className={styles.heading}>Delivery</legend>
            {shipping.data ? (
              <ShippingWays
                choice={shipping.data}
                chosenId={methodId}
                currency={cart.currency}
                choose={(id) => {
                  setMethodId(id);
                  void change({ shippingMethodId: id });
                }}
              />
            ) : (
              <p className="soft">
                {shipping.error
                  ? 'The ways of sending could not be fetched. They are asked for again in a moment.'
                  : 'Asking for the ways of sending…'}
              </p>
            )}
            <FieldError path="shippingMethodId" errors={errors} />
          </fieldset>
        </section>

        <section className={styles.step}>
          <fieldset aria-describedby="cards-hint">
            <legend className={styles.heading}>Payment</legend>
            <p className={styles.hint} id="cards-hint">
              This shop takes test cards. No money moves.
            </p>
            <div className={styles.choices}>
              {CARDS.map((card, index) => (
                <label key={card.id} className={styles.choice}>
                  <input type="radio" name="payment.card" value={card.id} defaultChecked={index === 0} />
                  <span>
                    {card.title}
                    <span className={styles.hint}>{card.hint}</span>
                  </span>
                </label>
              ))}
            </div>
            <FieldError path="payment.card" errors={errors} />
          </fieldset>
        </section>
      </div>

      <section className={styles.review} aria-labelledby="review">
        <h2 id="review">Your order</h2>
        <ul className={styles.lines}>
          {cart.items.map((item) => (
            <li key={item.id}>
              <Picture src={item.imageUrl} alt="" className={styles.thumb ?? ''} />
              <div>
                {item.title}
                <span className={styles.hint}>
                  {[item.variantTitle, `× ${item.quantity}`, item.isGift ? '(gift)' : ''].filter(Boolean).join(' ')}
                </span>
              </div>
              {changed ? (
                <Amount money={{ ...item.unitPrice, amount: item.unitPrice.amount * item.quantity }} />
              ) : (
                <>
                  <LineAmount item={item} pending={pending} />
                  <Adjustments adjustments={item.adjustments} pending={pending} className={styles.off} />
                </>
              )}
            </li>
          ))}
        </ul>
        <CodeField cart={changed ? { ...cart, promotions: changed.promotions } : cart} onChange={forgetChanged} />
        {changed ? (
          <TotalsTable {...cart} {...changed} {...reductionsOf(changed, cart)} taxLines={[]} pending={placing} />
        ) : (
          <TotalsTable {...cart} pending={pending || placing} />
        )}
        <div ref={summary} tabIndex={-1} className={styles.notice} role="alert">
          {notice ? (
            <div className="notice">
              <p>{notice}</p>
              {differences.length > 0 ? (
                <ul className={styles.differences}>
                  {differences.map((difference) => (
                    <li key={difference}>{difference}</li>
                  ))}
                </ul>
              ) : null}
            </div>
          ) : null}
        </div>
        <button type="submit" className="button wide" aria-disabled={busy}>
          {busy ? (
            'One moment…'
          ) : (
            <span>
              Pay <PromotionAmount money={total} pending={pending && !changed} />
            </span>
          )}
        </button>
        <p className={styles.hint}>
          <Link href="/cart" prefetch={false}>
            Back to the cart
          </Link>
        </p>
      </section>
    </form>
  );
}

/** The first of an account's addresses that the shop sends to. */
function usableAddress(account: CheckoutAccount | null, countries: Country[]): Address | null {
  const known = new Set(countries.map(({ code }) => code));
  return account?.addresses.find(({ address }) => known.has(address.country))?.address ?? null;
}

interface SavedAddressesProps {
  addresses: CheckoutAccount['addresses'];
  chosen: Address | null;
  choose(address: Address): void;
}

function SavedAddresses({ addresses, chosen, choose }: SavedAddressesProps) {
  const id = useId();
  const found = addresses.find(({ address }) => address === chosen)?.id ?? '';
  return (
    <div className="field">
      <label htmlFor={id}>Your addresses</label>
      <select
        id={id}
        className="select"
        value={found}
        onChange={(event) => {
          const picked = addresses.find((kept) => kept.id === event.currentTarget.value);
          if (picked) choose(picked.address);
        }}
      >
        {found === '' ? <option value="">As below</option> : null}
        {addresses.map(({ id: addressId, address: { name, line1, city } }) => (
          <option key={addressId} value={addressId}>
            {[name, line1, city].join(', ')}
          </option>
        ))}
      </select>
    </div>
  );
}

/** An empty cart; or one that an order emptied whose answer was lost, over a reload: then asks what became of it. */
function NothingToPay({ go }: { go(placed: Placed): void }) {
  const [asking, setAsking] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page is come to.
  useEffect(() => {
    const order = openAttempt(window.sessionStorage);
    // With nothing in the cart it can only be answered as before, or be refused: it cannot be a new order.
    if (order === null) setAsking(false);
    else placeOrder(order).then(go, () => setAsking(false));
  }, []);

  if (asking) {
    return (
      <p className={styles.loading} role="status">
        One moment…
      </p>
    );
  }
  return (
    <div className={styles.empty}>
      <p>There is nothing in your cart to pay for.</p>
      <Link href="/search" className="button">
        Look at the cloth
      </Link>
    </div>
  );
}

const MISSING: Record<string, string> = {
  email: 'Enter your email address.',
  'shippingAddress.name': 'Enter the name on the door.',
  'shippingAddress.line1': 'Enter the street and number.',
  'shippingAddress.city': 'Enter the city.',
  'shippingAddress.postalCode': 'Enter the postal code.',
  'shippingAddress.region': 'Enter the region.',
};

/** What the browser can tell by itself; everything else the shop tells. */
function missingFields(form: HTMLFormElement): FieldErrors {
  const found: FieldErrors = {};
  for (const element of form.elements) {
    if (element instanceof HTMLInputElement && element.required && element.value.trim() === '') {
      found[element.name] = MISSING[element.name] ?? 'This is needed.';
    }
  }
  return found;
}

const isAddressField = (element: EventTarget | null) =>
  element instanceof HTMLInputElement && element.name.startsWith('shippingAddress.');

function byPath(problem: Problem | null): FieldErrors {
  const found: FieldErrors = {};
  for (const { path, message } of problem?.errors ?? []) {
    // The cart calls the country of its address simply `country`.
    found[path === 'country' ? 'shippingAddress.country' : path] ??= message;
  }
  return found;
}

/** What promotions took off goods and off shipping, as far as they tell without their lines. */
function reductionsOf({ promotions }: ChangedPrice, { shipping }: Cart) {
  const applied = promotions.flatMap(({ promotionId, status, itemIds, ...promotion }) =>
    status === 'applied' && promotionId !== null
      ? [{ ...promotion, promotionId, source: 'promotion' as const, isOfGoods: itemIds.length > 0 }]
      : [],
  );
  return {
    items: [{ adjustments: applied.filter(({ isOfGoods }) => isOfGoods) }],
    shipping: shipping && { adjustments: applied.filter(({ isOfGoods }) => !isOfGoods) },
  };
}

const moneyText = (money: Money) => formatMoney(money, localeOf(money.currency));

/** What the ways of sending and their prices depend on. */
function parcelOf({ items, coupons, shippingAddress, country, currency, vatId }: Cart): string {
  const goods = items.map(({ variantId, quantity }) => [variantId, quantity]);
  const place = [country, shippingAddress?.region, shippingAddress?.postalCode];
  return JSON.stringify([currency, place, goods, coupons, vatId]);
}

const LOST_TRIES = 2;
const BUSY_TRIES = 5;

/**
 * Places the order, given as JSON. While its answer is unknown the attempt keeps its key, so that sending it again, by
 * itself or by the shopper, is the same order. Where the first request is still at work, waits for it.
 */
async function placeOrder(order: string): Promise<Placed> {
  const headers = { 'idempotency-key': attemptKey(order, window.sessionStorage) };
  for (let tries = 1; ; tries += 1) {
    try {
      const placed = await callApi<Placed>('POST', '/api/orders', { body: JSON.parse(order), headers });
      endAttempt(window.sessionStorage);
      return placed;
    } catch (thrown) {
      const problem = thrown instanceof Problem ? thrown : null;
      const inProgress = problem?.code === 'request_in_progress';
      if ((inProgress && tries < BUSY_TRIES) || (isUnanswered(thrown) && tries < LOST_TRIES)) {
        await new Promise((resolve) => setTimeout(resolve, 1_000 * tries));
        continue;
      }
      // A refusal is an answer; silence and faults of the shop are not.
      if (problem && problem.status >= 400 && problem.status < 500 && !inProgress) endAttempt(window.sessionStorage);
      throw thrown;
    }
  }
}
