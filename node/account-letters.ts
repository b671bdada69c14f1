/** The letters about an account: what was asked for, and what its owner should know of. */
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { linkUrl } from './account-links';
import { type Letter, letter } from './letter';
import type { Statement } from './order-record';

/**
 * What each letter is told. It waits in the outbox, so nothing here is a secret: a link's follows from its id when the
 * letter is written.
 */
interface LetterData {
  registration: { linkId: string };
  account_exists: Record<string, never>;
  password_reset: { linkId: string };
  password_changed: Record<string, never>;
  email_change: { linkId: string };
  email_taken: Record<string, never>;
  email_changed: { email: string };
  new_device: { sessionId: string; device: string; place: string };
  /** `provider` as shoppers know it. */
  provider_linked: { provider: string };
  provider_unlinked: { provider: string };
  passkey_added: { name: string };
  passkey_removed: { name: string };
  passkey_cloned: { name: string };
  account_deleted: Record<string, never>;
  staff_invitation: { invitationId: string };
  second_factor_changed: { isOn: boolean };
  /** To an address without an account: says nothing to anybody, so that asking takes the same time for every address. */
  none: Record<string, never>;
}

type LetterTemplate = keyof LetterData;

export type LetterMessage = { [T in LetterTemplate]: { template: T; data: LetterData[T] } }[LetterTemplate];

interface Writing {
  authSecret: string;
  siteUrl: string;
}

/** A letter as it is sent; null for one that says nothing. */
export function accountLetter({ template, data }: LetterMessage, writing: Writing): Letter | null {
  return letters[template](data as never, writing);
}

/** At most so many letters about accounts go to one address in an hour: nobody's mailbox is anybody's toy. */
const MAX_LETTERS_PER_HOUR = 10;

/**
 * Those that anybody can have sent to anybody, which are counted together. What an owner is told of is counted each by
 * itself, so that nobody keeps it from them by asking for others.
 */
const ASKED_FOR: LetterTemplate[] = [
  'registration',
  'account_exists',
  'password_reset',
  'email_change',
  'email_taken',
  'staff_invitation',
  'none',
];

/**
 * The statement that puts a letter into the outbox, for the batch that has the reason: to the one address that `to`
 * selects, or to nobody. Letters beyond ten an hour to one address are left out: of those that anybody can ask for taken
 * together, of others each kind by itself.
 */
export function letterStatement(db: Db, message: LetterMessage, to: SQL): Statement {
  return db.execute(letterSql(sql`select ${message.template}::text, ${JSON.stringify(message.data)}::jsonb, (${to})`));
}

/** As `letterStatement`, where `rows` selects which letter it is as well: a template, its data, and an address. */
export function letterSql(rows: SQL): SQL {
  return sql`
    insert into outbox (topic, aggregate_id, payload)
    select 'account.letter', letter.aggregate,
      jsonb_build_object('template', letter.template, 'data', letter.data, 'to', letter.email)
    from (
      select template, data, email, 'letters:'
        || case when template = any(${sql.param(ASKED_FOR)}::text[]) then '' else template || ':' end
        || md5(lower(email)) as aggregate
      from (${rows}) as wanted (template, data, email) where email is not null) letter
    where ${MAX_LETTERS_PER_HOUR} > (
      select count(*) from outbox o
      where o.topic = 'account.letter' and o.aggregate_id = letter.aggregate and o.created_at > now() - interval '1 hour')`;
}

/** The page where an invitation to the staff is accepted. */
export const INVITATION_PAGE = '/account/invitation';

const NOT_YOU = 'If this was not you, you need not do anything.';
const RESET = 'If this was not you, reset your password now: whoever it was knows it.';

const letters: { [T in LetterTemplate]: (data: LetterData[T], writing: Writing) => Letter | null } = {
  registration: ({ linkId }, { authSecret, siteUrl }) =>
    letter({
      subject: 'Confirm your email address',
      preview: 'One more step, and your account is open.',
      heading: 'Welcome',
      lead: 'Confirm that this address is yours, and your account is open. The link works once, for 24 hours.',
      button: { label: 'Confirm this address', url: linkUrl(authSecret, siteUrl, '/account/verify', linkId) },
      note: `${NOT_YOU} Without the link there is no account.`,
    }),
  account_exists: (_data, { siteUrl }) =>
    letter({
      subject: 'You have an account already',
      preview: 'Somebody tried to make another account with this address.',
      heading: 'You have an account already',
      lead: 'Somebody, probably you, tried to make an account with this address. There is one: sign in, or reset your password if you no longer know it.',
      button: { label: 'Sign in', url: new URL('/login', siteUrl).href },
      note: NOT_YOU,
    }),
  password_reset: ({ linkId }, { authSecret, siteUrl }) =>
    letter({
      subject: 'Choose a new password',
      preview: 'The link works once, for an hour.',
      heading: 'Choose a new password',
      lead: 'You asked to reset your password. The link works once, for an hour, and signs you out everywhere.',
      button: { label: 'Choose a new password', url: linkUrl(authSecret, siteUrl, '/account/reset', linkId) },
      note: `${NOT_YOU} Your password stays as it is.`,
    }),
  password_changed: (_data, { siteUrl }) =>
    letter({
      subject: 'Your password was changed',
      preview: 'Every other device was signed out.',
      heading: 'Your password was changed',
      lead: 'The password of your account was changed just now, and every other device was signed out.',
      button: { label: 'Reset your password', url: new URL('/account/forgot', siteUrl).href },
      note: 'If this was not you, reset it now.',
    }),
  email_change: ({ linkId }, { authSecret, siteUrl }) =>
    letter({
      subject: 'Confirm your new email address',
      preview: 'Your account moves to this address.',
      heading: 'Confirm your new address',
      lead: 'Confirm that this address is yours, and your account uses it from then on. The link works once, for 24 hours.',
      button: { label: 'Use this address', url: linkUrl(authSecret, siteUrl, '/account/email', linkId) },
      note: `${NOT_YOU} Nothing changes without the link.`,
    }),
  email_taken: (_data, { siteUrl }) =>
    letter({
      subject: 'This address has an account already',
      preview: 'Somebody tried to move another account to this address.',
      heading: 'This address has an account already',
      lead: 'Somebody, probably you, tried to move another account to this address. It has an account of its own, so nothing was changed.',
      button: { label: 'Sign in', url: new URL('/login', siteUrl).href },
      note: NOT_YOU,
    }),
  email_changed: ({ email }, { siteUrl }) =>
    letter({
      subject: 'Your account has another email address',
      preview: `It is ${email} from now on.`,
      heading: 'Your account has another address',
      lead: `Your account uses ${email} from now on. This is the last letter to the old address.`,
      button: { label: 'Help', url: siteUrl },
      note: 'If this was not you, answer this letter at once.',
    }),
  new_device: ({ device, place }, { siteUrl }) =>
    letter({
      subject: 'A new device signed in to your account',
      preview: place ? `From ${place}.` : 'It was not used with your account before.',
      heading: 'A new device signed in',
      lead: `Somebody signed in to your account from a device that was not used with it before${place ? `, near ${place}` : ''}. The device calls itself “${device || 'nothing'}”.`,
      button: { label: 'See your devices', url: new URL('/account/sessions', siteUrl).href },
      note: RESET,
    }),
  provider_linked: ({ provider }, { siteUrl }) =>
    letter({
      subject: `${provider} can sign in to your account`,
      preview: 'It was linked just now.',
      heading: `${provider} was linked`,
      lead: `An account at ${provider} was linked to your account here just now: whoever is signed in there can sign in here.`,
      button: { label: 'See your sign-ins', url: new URL('/account/security', siteUrl).href },
      note: 'If this was not you, take it off there, and reset your password.',
    }),
  provider_unlinked: ({ provider }, { siteUrl }) =>
    letter({
      subject: `${provider} no longer signs in to your account`,
      preview: 'It was taken off just now.',
      heading: `${provider} was taken off`,
      lead: `Your account at ${provider} no longer signs in to your account here.`,
      button: { label: 'See your sign-ins', url: new URL('/account/security', siteUrl).href },
      note: RESET,
    }),
  passkey_added: ({ name }, { siteUrl }) =>
    letter({
      subject: 'A passkey was added to your account',
      preview: `It is called “${name}”.`,
      heading: 'A passkey was added',
      lead: `A passkey called “${name}” was added to your account just now: whoever has it can sign in.`,
      button: { label: 'See your sign-ins', url: new URL('/account/security', siteUrl).href },
      note: 'If this was not you, take it off there, and reset your password.',
    }),
  passkey_removed: ({ name }, { siteUrl }) =>
    letter({
      subject: 'A passkey was removed from your account',
      preview: `It was called “${name}”.`,
      heading: 'A passkey was removed',
      lead: `The passkey called “${name}” no longer signs in to your account.`,
      button: { label: 'See your sign-ins', url: new URL('/account/security', siteUrl).href },
      note: RESET,
    }),
  passkey_cloned: ({ name }, { siteUrl }) =>
    letter({
      subject: 'There may be a copy of your passkey',
      preview: 'A sign-in with it was refused.',
      heading: 'There may be a copy of your passkey',
      lead: `Somebody tried to sign in with the passkey called “${name}”, and was refused: it had been used more often elsewhere, as if there were two of it. Remove it, and make a new one.`,
      button: { label: 'See your sign-ins', url: new URL('/account/security', siteUrl).href },
      note: 'Passkeys that are copied by their maker do not count, so this is no phone that you have replaced.',
    }),
  account_deleted: (_data, { siteUrl }) =>
    letter({
      subject: 'Your account was deleted',
      preview: 'What the law makes us keep of your orders is all that is left.',
      heading: 'Your account was deleted',
      lead: 'Your account, addresses, passkeys and sessions are gone. Invoices of your orders are kept for as long as the law wants, and no longer belong to an account.',
      button: { label: 'Visit the shop', url: siteUrl },
      note: 'Thank you for having been here.',
    }),
  staff_invitation: ({ invitationId }, { authSecret, siteUrl }) =>
    letter({
      subject: 'You are invited to run this shop',
      preview: 'Sign in with this address, and you are of the staff.',
      heading: 'You are invited',
      lead: 'You are invited to the staff of this shop. Open the link and sign in, or make an account with this address first. The link works once, for 7 days.',
      button: {
        label: 'Accept the invitation',
        url: linkUrl(authSecret, siteUrl, INVITATION_PAGE, invitationId),
      },
      note: 'If you do not know this shop, you need not do anything.',
    }),
  second_factor_changed: ({ isOn }, { siteUrl }) =>
    letter({
      subject: isOn ? 'One-time codes are on' : 'One-time codes are off',
      preview: isOn ? 'You sign in with a code of your app from now on.' : 'You sign in without a code from now on.',
      heading: isOn ? 'One-time codes are on' : 'One-time codes are off',
      lead: isOn
        ? 'Your account asks for a code of your authenticator app from now on. Keep the recovery codes in a safe place.'
        : 'Your account no longer asks for a code of your authenticator app. Without a second factor the rooms of the staff stay closed to it.',
      button: { label: 'See your devices', url: new URL('/account/sessions', siteUrl).href },
      note: RESET,
    }),
  none: () => null,
};
