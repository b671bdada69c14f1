/** What a shopper may write into a cart or an order, with its bounds. */
import * as v from 'valibot';
import { CommerceError } from '@/commerce/error';
import { MAX_QUANTITY } from '@/commerce/pricing';
import { checkVatId } from '@/commerce/vat-id';

const MAX_METADATA_BYTES = 2_048;

/** One line of text: trimmed, not empty, bounded, without control characters or line breaks. */
export function lineInput(maxLength: number) {
  return v.pipe(
    v.string('This must be a text.'),
    v.trim(),
    v.nonEmpty('This must not be empty.'),
    v.maxLength(maxLength, `This must be at most ${maxLength} characters.`),
    v.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'This must not hold control characters.'),
  );
}

/** Where a blank means that there is none. */
function optionalLine(maxLength: number) {
  const blank = v.pipe(
    v.string(),
    v.trim(),
    v.value(''),
    v.transform(() => undefined),
  );
  return v.optional(
    v.union([blank, lineInput(maxLength)], `This must be one line of at most ${maxLength} characters.`),
  );
}

const ALPHA_2 = 'A country is two capital letters (ISO 3166-1 alpha-2), such as DE.';

export const CountryInput = v.pipe(v.string(ALPHA_2), v.regex(/^[A-Z]{2}$/, ALPHA_2));

const ALPHA_3 = 'A currency is three capital letters (ISO 4217), such as EUR.';

export const CurrencyInput = v.pipe(v.string(ALPHA_3), v.regex(/^[A-Z]{3}$/, ALPHA_3));

const NOT_AN_EMAIL = 'This must be an email address, such as name@example.com.';

/** At most 254 characters (RFC 5321), ASCII, with a dot in its domain. */
export const EmailInput = v.pipe(
  v.string(NOT_AN_EMAIL),
  v.trim(),
  v.maxLength(254, NOT_AN_EMAIL),
  v.rfcEmail(NOT_AN_EMAIL),
  v.regex(/@[^@]+\.[^@.]{2,}$/, NOT_AN_EMAIL),
);

export const RegionInput = lineInput(100);

export const PostalCodeInput = lineInput(20);

export const AddressInput = v.object({
  name: lineInput(100),
  line1: lineInput(200),
  line2: optionalLine(200),
  city: lineInput(100),
  region: optionalLine(100),
  postalCode: PostalCodeInput,
  country: CountryInput,
});

const NOT_AN_ID = 'This must be an id.';

export const IdInput = v.pipe(v.string(NOT_AN_ID), v.nonEmpty(NOT_AN_ID), v.maxLength(64, NOT_AN_ID));

/** A promotion's code; capitals and small letters are the same. */
export const CouponInput = v.pipe(
  lineInput(64),
  v.regex(/^\S+$/, 'A code has no spaces.'),
  v.transform((code) => code.toUpperCase()),
);

const NOT_A_CHANNEL = 'A channel is small letters, digits and hyphens, such as web.';

export const ChannelInput = v.pipe(
  v.string(NOT_A_CHANNEL),
  v.maxLength(32, NOT_A_CHANNEL),
  v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, NOT_A_CHANNEL),
);

const NOT_A_VAT_ID = 'This is no VAT id that an office could have given out; one looks like DE136695976.';

/** Normal form, with its country before it. */
export const VatIdInput = v.pipe(
  v.string(NOT_A_VAT_ID),
  v.maxLength(32, NOT_A_VAT_ID),
  v.transform((text) => checkVatId(text)?.id ?? ''),
  v.nonEmpty(NOT_A_VAT_ID),
);

const NOT_A_QUANTITY = `A quantity is a whole number of at most ${MAX_QUANTITY}.`;

/** How many; the upper bound has a code of its own, see `requireQuantity`. */
export const QuantityInput = v.pipe(
  v.number(NOT_A_QUANTITY),
  v.safeInteger(NOT_A_QUANTITY),
  v.minValue(0, 'A quantity must not be negative.'),
);

/** Throws `invalid_input` below `min`, `quantity_above_limit` above 999, both with the path. */
export function requireQuantity(quantity: number, min: 0 | 1, path = 'quantity'): void {
  if (quantity < min) throw inputError('invalid_input', path, `A quantity must be at least ${min}.`, 'min_value');
  if (quantity > MAX_QUANTITY) {
    throw inputError('quantity_above_limit', path, `One line holds at most ${MAX_QUANTITY} of a thing.`);
  }
}

/** Whatever a client wants to keep with a line: a JSON object, at most 2 KB as canonical JSON. */
export const MetadataInput = v.custom<Record<string, unknown>>(
  (value) => value !== null && typeof value === 'object' && !Array.isArray(value),
  'Metadata must be a JSON object.',
);

/** Metadata as JSON with its keys sorted, so that equal metadata is equal text. Throws `invalid_input` over 2 KB. */
export function canonicalMetadata(metadata: Record<string, unknown> | undefined): string {
  if (!metadata) return '{}';
  const text = canonicalJson(metadata);
  if (new TextEncoder().encode(text).length > MAX_METADATA_BYTES) {
    throw inputError('invalid_input', 'metadata', 'Metadata must be at most 2 KB as JSON.', 'max_bytes');
  }
  return text;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** An error about one place of the input; its issue carries the same code unless a finer one is given. */
export function inputError(code: string, path: string, message: string, issueCode = code): CommerceError {
  return new CommerceError(code, message, { issues: [{ path, code: issueCode, message }] });
}
