/**
 * The store of carts: each a Redis hash, a guest's under a hash of its secret token, an account's under the account's id. A
 * write is one atomic round trip; which shapes the hash holds is told in `cart-script.ts`.
 */
import type { Address } from '@/commerce/cart';
import { CommerceError } from '@/commerce/error';
import type { Market } from '@/commerce/market';
import { ANYBODY, type LineInput, MAX_COUPONS, MAX_LINES, MAX_QUANTITY, type PricingInput } from '@/commerce/pricing';
import { newId } from '@/db/ids';
import { sessionEnded } from './caller';
import { canonicalMetadata, inputError } from './cart-input';
import { CHANGE_CART, COMPLETE_CART, JOIN_CART, READ_CART } from './cart-script';
import {
  accountCartKeyOf,
  CART_TTL_SECONDS,
  type CartAccess,
  type CartToken,
  cartAccessOf,
  cartKeyOf,
  newCartToken,
} from './cart-token';
import type { Context } from './http';
import type { Kv } from './kv';
import { sessionArgOf, sessionMarksKeyOf } from './session-marks';
import { CATALOG_VERSION_KEY, noteVersions, STOCK_VERSION_KEY } from './snapshot';

/** A cart as KV holds it, not priced. */
export interface StoredCart extends Market {
  /** Where it lies in KV. */
  key: string;
  id: string;
  version: number;
  email: string | null;
  shippingAddress: Address | null;
  billingAddress: Address | null;
  shippingMethodId: string | null;
  channel: string;
  /** A business's, valid by its checksum. */
  vatId: string | null;
  /** Whose prices this cart sees, and until when (milliseconds since 1970), as a pass vouched for it. */
  group: { id: string; until: number } | null;
  /** In capital letters, in the order in which they were entered. */
  coupons: string[];
  /** In the order in which they were added. */
  lines: LineInput[];
}

/** What a cart is priced by. Who buys is not known here: the order finds out. */
export function pricingInputOf(
  cart: Omit<StoredCart, 'id' | 'key' | 'version' | 'email' | 'billingAddress'>,
  { now }: { now: Date },
): PricingInput {
  const { currency, country, shippingAddress, channel, vatId, group, lines, coupons, shippingMethodId } = cart;
  // An address in another country than the cart's blocks the order, and decides nothing.
  const address = shippingAddress?.country === country ? shippingAddress : null;
  return {
    ...ANYBODY,
    currency,
    country,
    region: address?.region ?? null,
    postalCode: address?.postalCode ?? null,
    channel,
    customerGroup: group && group.until > now.getTime() ? group.id : null,
    now: now.getTime(),
    vatId,
    lines,
    coupons,
    shippingMethodId,
  };
}

/** The caller's cart in one round trip, or null where the caller has none. Throws as `cartAccessOf` does, and `session_ended`. */
export async function readCart(context: Context): Promise<StoredCart | null> {
  const access = await cartAccessOf(context);
  if (!access) return null;
  const outcome = (await context.kv.run(READ_CART, keysOf(access), [sessionArgOf(access.caller)])) as Outcome;
  if (outcome[0] === 'done' && outcome[1].length === 0) {
    note(outcome[2]);
    return null;
  }
  return settle(access, outcome);
}

/**
 * Ends a cart that became an order: it is deleted, or, where the shopper changed it since, only what was ordered is taken
 * out and the rest is another cart under the same token. May be repeated: a cart that is gone, or another one, is left.
 */
export async function completeCart(
  kv: Kv,
  cart: { key: string; id: string; version: number },
  ordered: { variantId: string; metadata: Record<string, unknown>; quantity: number }[],
): Promise<'gone' | 'rest' | 'other'> {
  const lines: (string | number)[] = [];
  for (const { variantId, metadata, quantity } of ordered) {
    lines.push(await itemIdOf(variantId, canonicalMetadata(metadata)), quantity);
  }
  const outcome = Number(await kv.run(COMPLETE_CART, [cart.key], [cart.id, cart.version, newId('cart'), ...lines]));
  return outcome === 1 ? 'gone' : outcome === 2 ? 'rest' : 'other';
}

/**
 * Joins a guest's cart into an account's, as one step: quantities of the same thing add up to what a line holds, what the
 * guest chose (address, way of shipping, market) goes before what the account had. Whatever does not fit, for the bounds of
 * a cart, stays in the guest's. Answers whether something stayed. May be repeated.
 */
export async function joinCart(
  kv: Kv,
  { guestKey, accountId, email }: { guestKey: string; accountId: string; email: string },
): Promise<'all' | 'rest'> {
  const keys = [guestKey, accountCartKeyOf(accountId)];
  return (await kv.run(JOIN_CART, keys, [CART_TTL_SECONDS, email])) === 'rest' ? 'rest' : 'all';
}

export interface CartChange {
  operation: 'add' | 'set' | 'put' | 'code' | 'uncode';
  /** What the script takes for the operation. */
  args: (string | number)[];
  /** The market of the cart that this change makes where there is none; without it the change needs a cart. */
  makes?: Market;
}

export interface ChangedCart {
  cart: StoredCart;
  /** Null where the cart is an account's. */
  token: CartToken | null;
  /** Whether this change made it. */
  made: boolean;
}

/**
 * Changes the caller's cart, or makes it, in one round trip (two where the caller's token has outlived its cart).
 * Honours `If-Match`. Throws `version_mismatch`, `item_not_found`, `coupon_not_found`, `too_many_lines`,
 * `too_many_coupons`, `quantity_above_limit`, `variant_not_sold_in_currency`, `session_ended`, and as `cartAccessOf` does.
 */
export async function changeCart(context: Context, change: CartChange): Promise<ChangedCart> {
  const expected = expectedVersions(context.request.headers.get('if-match'));
  const access = await cartAccessOf(context);
  const wanted = change.makes ? [newId('cart'), change.makes.currency, change.makes.country] : null;
  if (access) {
    // A token whose cart is gone is not taken up again: whoever handed it out may still know it.
    const made = (access.caller && wanted) ?? MAKE_NONE;
    const outcome = await run(context.kv, access, change, expected, made);
    if (outcome[0] !== 'no_cart') {
      const cart = settle(access, outcome);
      return { cart, token: access.token, made: cart.id === made[0] };
    }
  }
  if (!wanted) throw change.operation === 'uncode' ? noSuchCoupon() : noSuchItem();
  const token = newCartToken();
  const fresh: CartAccess = { key: await cartKeyOf(token), token: { token, fromCookie: true }, caller: null };
  const cart = settle(fresh, await run(context.kv, fresh, change, expected, wanted));
  return { cart, token: fresh.token, made: true };
}

const MAKE_NONE = ['', '', ''];

type Done = ['done', string[], [catalog: string | null, stock: string | null]];
type Refused = [
  (
    | 'session_ended'
    | 'other_version'
    | 'no_cart'
    | 'no_line'
    | 'no_code'
    | 'too_many_lines'
    | 'too_many_codes'
    | 'too_many_units'
    | 'not_sold'
  ),
  string,
  string?,
];
type Outcome = Done | Refused;

async function run(kv: Kv, access: CartAccess, change: CartChange, expected: string, made: string[]): Promise<Outcome> {
  const session = sessionArgOf(access.caller);
  const args = [change.operation, expected, CART_TTL_SECONDS, ...made, session, ...change.args];
  return (await kv.run(CHANGE_CART, keysOf(access), args)) as Outcome;
}

function keysOf({ key, caller }: CartAccess): string[] {
  const marks = caller ? [sessionMarksKeyOf(caller.accountId)] : [];
  return [key, CATALOG_VERSION_KEY, STOCK_VERSION_KEY, ...marks];
}

function note([catalog, stock]: Done[2]): void {
  noteVersions({ catalog: catalog ?? '', stock: stock ?? '' });
}

function settle({ key, caller }: CartAccess, outcome: Outcome): StoredCart {
  if (outcome[0] !== 'done') throw refusal(outcome);
  note(outcome[2]);
  const cart = parseCart(key, outcome[1]);
  // An account's own group goes before what a pass said.
  if (caller?.customerGroup) cart.group = { id: caller.customerGroup, until: caller.expiresAt * 1000 };
  return cart;
}

function refusal([code, version, currency]: Refused): CommerceError {
  switch (code) {
    case 'session_ended':
      return sessionEnded();
    case 'other_version':
      return new CommerceError('version_mismatch', 'The cart changed since it was read.', {
        facts: { version: Number(version) },
      });
    case 'too_many_lines':
      return inputError('too_many_lines', 'variantId', `A cart holds at most ${MAX_LINES} lines.`);
    case 'too_many_codes':
      return inputError('too_many_coupons', 'code', `A cart holds at most ${MAX_COUPONS} codes.`);
    case 'too_many_units':
      return inputError('quantity_above_limit', 'quantity', `One line holds at most ${MAX_QUANTITY} of a thing.`);
    case 'not_sold':
      return inputError('variant_not_sold_in_currency', 'variantId', `This is not sold in ${currency}.`);
    case 'no_code':
      return noSuchCoupon();
    case 'no_cart':
    case 'no_line':
      return noSuchItem();
  }
}

function noSuchItem(): CommerceError {
  return new CommerceError('item_not_found', 'The cart has no such item.');
}

function noSuchCoupon(): CommerceError {
  return new CommerceError('coupon_not_found', 'The cart has no such code.');
}

/** The versions that `If-Match` allows, as the script takes them. A weak tag, which a compressing proxy makes, is fine. */
function expectedVersions(header: string | null): string {
  if (header === null) return '';
  if (header.trim() === '*') return '*';
  const versions = [...header.matchAll(/"(\d{1,15})"/g)].map((match) => match[1]);
  return `,${versions.join(',')},`;
}

/**
 * A line's id follows from its variant and metadata (canonical JSON), so that two who add the same thing at once meet in
 * one line, and the id stays as long as the line.
 */
export async function itemIdOf(variantId: string, metadata: string): Promise<string> {
  const plain = variantId.replace(/^var_/, 'item_');
  if (metadata === '{}') return plain;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(metadata));
  const hex = Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${plain}_${hex}`;
}

/** The variant of a line's id. Throws `item_not_found` for what no line's id looks like. */
export function variantIdOf(itemId: string): string {
  const match = /^item_([0-9a-z]{1,40})(_[0-9a-f]{32})?$/.exec(itemId);
  if (!match) throw noSuchItem();
  return `var_${match[1]}`;
}

function parseCart(key: string, hash: string[]): StoredCart {
  const lines: { number: number; line: LineInput }[] = [];
  const codes: { number: number; code: string }[] = [];
  const fields: Record<string, string> = {};
  for (let index = 0; index < hash.length; index += 2) {
    const name = hash[index] as string;
    const value = hash[index + 1] as string;
    if (name.startsWith('line:')) lines.push(parseLine(name.slice('line:'.length), value));
    else if (name.startsWith('code:')) codes.push({ number: Number(value), code: name.slice('code:'.length) });
    else fields[name] = value;
  }
  const { id = '', version, currency = '', country = '', email, shippingAddress, billingAddress, group } = fields;
  const [groupId = '', groupUntil] = group?.split(' ') ?? [];
  return {
    key,
    id,
    version: Number(version),
    currency,
    country,
    email: email ?? null,
    shippingAddress: shippingAddress ? JSON.parse(shippingAddress) : null,
    billingAddress: billingAddress ? JSON.parse(billingAddress) : null,
    shippingMethodId: fields.shippingMethodId ?? null,
    channel: fields.channel ?? 'web',
    vatId: fields.vatId ?? null,
    group: group ? { id: groupId, until: Number(groupUntil) } : null,
    coupons: codes.sort((a, b) => a.number - b.number).map(({ code }) => code),
    // A large hash comes back in no order.
    lines: lines.sort((a, b) => a.number - b.number).map(({ line }) => line),
  };
}

function parseLine(id: string, text: string): { number: number; line: LineInput } {
  // `quantity number variant seen metadata`: only the metadata may hold spaces.
  const [quantity, number, variantId = '', seen = ''] = text.split(' ', 4);
  const metadata = text.slice(`${quantity} ${number} ${variantId} ${seen} `.length);
  const [currency = '', amount] = seen.split('=');
  return {
    number: Number(number),
    line: {
      id,
      variantId,
      quantity: Number(quantity),
      metadata: metadata === '{}' ? {} : JSON.parse(metadata),
      seen: { amount: Number(amount), currency },
    },
  };
}
