import * as v from 'valibot';

/** Any text that could be somebody's password; whether it is a good one is asked where it is chosen. */
export const PasswordInput = v.pipe(
  v.string('This must be a text.'),
  v.nonEmpty('This must not be empty.'),
  v.maxLength(1_024, 'This must be at most 1024 characters.'),
);

/** What people are called: one line, which may be blank. */
export const NameInput = v.pipe(
  v.string('This must be a text.'),
  v.trim(),
  v.maxLength(100, 'This must be at most 100 characters.'),
  v.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'This must not hold control characters.'),
);

/** `cookie` for browsers, whose scripts then never see a token; `token` for everybody else. */
export const DeliveryInput = v.optional(v.picklist(['cookie', 'token']), 'cookie');

/** A text that somebody was handed, to be handed back. */
export const SecretInput = v.pipe(
  v.string('This must be a text.'),
  v.nonEmpty('This must not be empty.'),
  v.maxLength(512),
);
