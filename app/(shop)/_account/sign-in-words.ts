/** The words of the pages that lead into an account: all of them here, so that another language can stand beside this one. */
export const signInWords = {
  email: 'Email',
  password: 'Password',
  newPassword: 'New password',
  passwordHint: 'At least 10 characters. Three or four words do well.',
  showPassword: 'Show the password',
  needed: 'This is needed.',
  oneMoment: 'One moment…',
  needsScripts: 'This page needs JavaScript, which this browser does not run.',

  login: {
    title: 'Sign in',
    description: 'Your orders, your addresses, and your cart on every device.',
    again: 'Sign in again',
    againLead: 'What you are about to do asks for a fresh sign-in.',
    submit: 'Sign in',
    code: 'One-time code',
    codeHint: 'Of your authenticator app, or one of your recovery codes.',
    codeNeeded: 'Your password is right. Enter the code of your authenticator app as well.',
    codeNeededAgain: 'Enter your password once more, and the code of your authenticator app with it.',
    passkey: 'Sign in with a passkey',
    passkeyNotChosen: 'No passkey was chosen. Sign in with your password, or try again.',
    passkeyUnknown: 'This passkey does not belong to an account here any more.',
    or: 'or',
    provider: (title: string) => `Go on with ${title}`,
    forgot: 'Forgot your password?',
    register: 'New here?',
    registerLink: 'Make an account',
    back: 'Back to your account',
  },

  register: {
    title: 'Make an account',
    description: 'It takes a mail address and a password, and one letter to confirm.',
    name: 'What shall we call you?',
    submit: 'Make the account',
    login: 'Have one already?',
    loginLink: 'Sign in',
    sentTitle: 'Look into your mailbox',
    sentLead:
      'We have written to the address that you gave. Follow the link in the letter, best in this browser, and your account is open.',
    sentHint: 'Nothing there after a few minutes? Look among the unwanted mail, or try once more.',
    sentAgain: 'Try once more',
  },

  verify: {
    title: 'Confirm your address',
    description: 'The last step to your account.',
    working: 'Opening your account…',
    passwordLead: 'You opened the link in another browser. Enter the password that you registered with.',
    submit: 'Open the account',
    failedTitle: 'This link does not work',
    register: 'Make an account',
    login: 'Sign in',
  },

  forgot: {
    title: 'Forgot your password?',
    description: 'We mail you a link to choose another one.',
    lead: 'Enter the address of your account. We mail you a link to choose another password.',
    submit: 'Send the link',
    sentTitle: 'Look into your mailbox',
    sentLead: 'If the address has an account, a letter with a link is on its way. The link works once, for an hour.',
    login: 'Back to the sign-in',
  },

  reset: {
    title: 'Choose a new password',
    description: 'And you are signed out everywhere else.',
    lead: 'Every device that is signed in to your account is signed out.',
    submit: 'Save the password',
    doneTitle: 'Your password is changed',
    doneLead: 'Sign in with it from now on.',
    login: 'Sign in',
    noToken: 'Open the link of the letter once more, or ask for a new one.',
    again: 'Ask for a new link',
  },

  emailChange: {
    title: 'Change your email address',
    description: 'Your account moves to another address.',
    now: 'Your account uses',
    lead: 'We mail a link to the new address. Your account moves when you open it.',
    newEmail: 'New email address',
    submit: 'Send the link',
    sentTitle: 'Look into your new mailbox',
    sentLead: 'We have written to the new address. Your account moves to it when you follow the link.',
    confirmTitle: 'Use this address?',
    confirmLead: 'Your account moves to the address that this link was mailed to.',
    confirm: 'Use this address',
    signIn: 'Sign in to your account first, still with the old address; then open the link of the letter again.',
    doneTitle: 'Your address is changed',
    doneLead: 'Sign in with the new one from now on. We have told the old one.',
    back: 'To your account',
  },

  invitation: {
    title: 'Join the staff',
    description: 'An invitation to run this shop.',
    lead: 'You are invited to run this shop with the account that you are signed in to.',
    confirm: 'Accept the invitation',
    doneTitle: 'Welcome to the staff',
    doneLead: (title: string) => `Your account has the role “${title}” from now on.`,
    back: 'To your account',
    noToken: 'Open the link of the letter once more.',
    signIn:
      'Sign in first, with the address that the invitation was mailed to; then open the link of the letter again.',
  },
};

/** What each problem is called where a page leads back with `?problem=`; of the forms, and of logins at providers. */
const PROBLEMS: Record<string, string> = {
  access_denied: 'You were not signed in: the sign-in was called off.',
  email_not_verified:
    'Your account there has no mail address that was confirmed. Confirm one there, or sign in otherwise.',
  link_not_allowed: 'To link an account of another mail address, sign in again first.',
  login_expired: 'The sign-in took too long, or was begun in another browser. Please try again.',
  login_mismatch: 'This was the answer to another sign-in. Please try again.',
  provider_answer_invalid: 'The sign-in there could not be confirmed. Please try again, or sign in otherwise.',
  provider_unavailable: 'The sign-in there does not answer at the moment. Please try again, or sign in otherwise.',
  internal_error: 'Something went wrong on our side. Please try again.',
  login_failed:
    'The address or the password is wrong, or the address was not confirmed yet by the link that we mailed.',
  second_factor_required: signInWords.login.codeNeededAgain,
  too_many_attempts: 'There were too many attempts. Wait a little, or reset your password.',
  rate_limited: 'Too many attempts in a short time. Wait a minute, then try again.',
  password_too_weak:
    'Take another password: at least 10 characters, without your mail address or the name of the shop, and none that others would try. Three or four words do well.',
  invalid_input: 'Some of that cannot be taken as it is. Look at the mail address once more.',
  cross_site_request: 'That did not come from a page of this shop. Please try again here.',
};

/** A problem's words by its code; codes without words of their own are faults that pass. */
export function problemText(code: string): string {
  return Object.hasOwn(PROBLEMS, code)
    ? (PROBLEMS[code] as string)
    : 'This cannot be done at the moment. Please try again in a moment.';
}
