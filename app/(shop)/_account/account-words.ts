import type { Order } from '@/node/order-view';

/** The words of the account's own pages: all of them here, so that another language can stand beside this one. */
export const accountWords = {
  language: 'en',
  navigation: 'Account',
  signOut: 'Sign out',
  save: 'Save',
  cancel: 'Cancel',
  oneMoment: 'One moment…',
  signInAgain: 'Sign in again',
  signInAgainLead: 'This asks for a fresh sign-in. Come back here after it.',
  needsScripts: 'Changing something here needs JavaScript, which this browser does not run.',

  pages: {
    '/account': 'Overview',
    '/account/orders': 'Orders',
    '/account/addresses': 'Addresses',
    '/account/security': 'Signing in',
    '/account/sessions': 'Devices',
    '/account/privacy': 'Your data',
  },

  overview: {
    title: 'Your account',
    hello: (name: string) => (name ? `Hello, ${name}` : 'Hello'),
    details: 'Your details',
    name: 'Name',
    email: 'Email',
    changeEmail: 'Change',
    saved: 'Your name is saved.',
    since: (day: string) => `With us since ${day}.`,
    staff: (title: string) => `You are of the staff: ${title}.`,
    leads: {
      '/account/orders': 'What you ordered, and how it stands.',
      '/account/addresses': 'Where we send to.',
      '/account/security': 'Password, passkeys, other sign-ins.',
      '/account/sessions': 'Where you are signed in.',
      '/account/privacy': 'Take it along, or have it deleted.',
    },
  },

  orders: {
    title: 'Orders',
    none: 'You have not ordered anything yet.',
    look: 'Look at the cloth',
    number: (number: number) => `Order ${number}`,
    older: 'Older orders',
    newest: 'Newest orders',
    goods: (count: number) => (count === 1 ? '1 thing' : `${count} things`),
  },

  addresses: {
    title: 'Addresses',
    none: 'No address is kept yet. Add one, and the checkout is filled in by itself.',
    add: 'Add an address',
    addTitle: 'A new address',
    changeTitle: 'Change the address',
    change: 'Change',
    remove: 'Remove',
    makeDefault: 'Use by default',
    isDefault: 'Used by default',
    of: (name: string) => ` the address of ${name}`,
    defaultOf: (name: string) => `: the address of ${name}`,
    useByDefault: 'Use this address by default',
    added: 'The address is kept.',
    changed: 'The address is changed.',
    removed: 'The address is removed.',
    defaultChanged: 'The checkout uses this address from now on.',
  },

  sessions: {
    title: 'Devices',
    lead: 'Where your account is signed in. End what you do not know, and change your password.',
    here: 'This device',
    seen: (ago: string) => `Last used ${ago}`,
    since: (day: string) => `signed in on ${day}`,
    near: (place: string) => `near ${place}`,
    end: 'Sign out',
    ended: 'It is signed out.',
    endOf: (device: string) => ` ${device}`,
    everywhere: 'Sign out everywhere',
    everywhereLead: 'Ends all of them, this one too.',
  },

  security: {
    title: 'Signing in',
    password: 'Password',
    passwordLead: 'A new one signs you out everywhere else.',
    noPasswordLead: 'Your account has no password yet. With one you can sign in by your mail address as well.',
    currentPassword: 'Present password',
    newPassword: 'New password',
    changePassword: 'Change the password',
    setPassword: 'Set the password',
    passwordChanged: 'Your password is changed, and every other device is signed out.',
    passkeys: 'Passkeys',
    passkeysLead: 'Sign in with your fingerprint, face or screen lock, without a password that could be stolen.',
    noPasskeys: 'There is none yet.',
    passkeysUnsupported: 'This browser has no passkeys.',
    addPasskey: 'Add a passkey',
    passkeyAdded: 'The passkey is added.',
    passkeyRenamed: 'The passkey has its new name.',
    passkeyRemoved: 'The passkey is removed.',
    passkeyNotMade: 'No passkey was made.',
    passkeyName: 'Name of the passkey',
    rename: 'Rename',
    remove: 'Remove',
    added: (day: string) => `Added on ${day}`,
    lastUsed: (ago: string) => `last used ${ago}`,
    neverUsed: 'not used yet',
    providers: 'Other sign-ins',
    providersLead: 'Accounts elsewhere that sign you in here.',
    noProviders: 'None is linked.',
    link: (title: string) => `Link ${title}`,
    unlink: 'Take off',
    unlinked: (title: string) => `${title} no longer signs you in.`,
  },

  privacy: {
    title: 'Your data',
    download: 'Take it along',
    downloadLead: 'Everything that we have of your account, in one file (JSON).',
    downloadButton: 'Download your data',
    remove: 'Delete the account',
    removeLead:
      'Your addresses, passkeys and devices are forgotten at once, and nobody can bring them back. Invoices of your orders are kept for as long as the law wants, and belong to nobody then.',
    confirm: 'Yes, delete my account for good',
    confirmNeeded: 'Tick this first: it cannot be undone.',
    removeButton: 'Delete the account',
    removedTitle: 'Your account is deleted',
    removedLead: 'We have written to you a last time. Thank you for having been here.',
    home: 'Go to the start',
  },
};

/** How an order stands, in two or three words. */
export function orderStatusText({ status, paymentStatus, fulfilmentStatus }: Order): string {
  if (status === 'cancelled') return paymentStatus === 'failed' ? 'Payment failed' : 'Cancelled';
  if (paymentStatus === 'refunded') return 'Refunded';
  if (status === 'confirmed') return fulfilmentStatus === 'fulfilled' ? 'On its way' : 'Confirmed';
  return paymentStatus === 'requires_action' ? 'Waits for your bank' : 'Waits for payment';
}

/** A day, such as `29 November 2026`. */
export function dayText(iso: string): string {
  return new Date(iso).toLocaleDateString('en-IE', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
}

const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** How long ago something was, such as `3 hours ago`. */
export function agoText(iso: string, now: Date): string {
  const seconds = (now.getTime() - new Date(iso).getTime()) / 1_000;
  const unit = UNITS.find(([, length]) => seconds >= length);
  if (!unit) return 'just now';
  const format = new Intl.RelativeTimeFormat(accountWords.language, { numeric: 'auto' });
  return format.format(-Math.floor(seconds / unit[1]), unit[0]);
}
