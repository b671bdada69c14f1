import { createTransport, type Transporter } from 'nodemailer';
import { nodeEnv } from './env';

export interface Mail {
  /** The address alone, without a name. */
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Names the letter: one that is sent again has the same name, so that a mailbox keeps one of them. */
  name: string;
}

const TIMEOUT_MS = 10_000;

let transport: Transporter | undefined;

/** Hands a mail to the server of `MAIL_URL`; resolves when it was taken. May be repeated: see `name`. */
export async function sendMail({ to, subject, text, html, name }: Mail): Promise<void> {
  const { MAIL_URL, MAIL_FROM, SITE_URL } = nodeEnv();
  if (!MAIL_URL || !MAIL_FROM) throw new Error('No letter can be sent: MAIL_URL and MAIL_FROM are not both set.');
  transport ??= createTransport({
    url: MAIL_URL,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    // Nothing in a letter may make the server read a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  await transport.sendMail({
    from: MAIL_FROM,
    // As an object it is one address, whatever it holds; a text would be read as a list.
    to: { name: '', address: oneLine(to) },
    subject: oneLine(subject),
    text,
    html,
    messageId: `<${name}@${new URL(SITE_URL).hostname}>`,
    headers: {
      // Keeps out-of-office replies away (RFC 3834).
      'Auto-Submitted': 'auto-generated',
    },
  });
}

/** Header values never break their line, wherever they come from. */
function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
