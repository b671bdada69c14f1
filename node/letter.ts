import { Html, html } from './html';

export interface Letter {
  subject: string;
  text: string;
  html: string;
}

export interface LetterParts {
  subject: string;
  /** What an inbox shows beside the subject. */
  preview: string;
  heading: string;
  lead: string;
  button?: { label: string; url: string };
  /** Small, below the button. */
  note: string;
  sections?: Html[];
  /** What the sections say, as text. */
  text?: string[];
}

export const INK = '#1d2230';
export const SOFT = '#5d6373';
const PAPER = '#faf8f4';
export const LINE = '#e2ddd3';
const FONT = "font-family:Georgia,'Times New Roman',serif";
export const SANS = 'font-family:Helvetica,Arial,sans-serif';

/** A letter in the shop's frame, as HTML that mail clients of all ages can show and as text that says the same. */
// Tables and inline styles are what every client understands; the few classes only serve those that know dark mode.
export function letter({
  subject,
  preview,
  heading,
  lead,
  button,
  note,
  sections = [],
  text = [],
}: LetterParts): Letter {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${subject}</title>
${new Html(DARK)}
</head>
<body class="paper" style="margin:0;padding:0;background:${PAPER}">
<div style="display:none;max-height:0;overflow:hidden">${preview}</div>
<table role="presentation" class="paper" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:${PAPER}">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px;background:#ffffff;border-top:3px solid #b3262e">
<tr><td class="ink" style="padding:28px 28px 0;${FONT};font-size:20px;color:${INK}">Selvedge</td></tr>
<tr><td class="ink" style="padding:20px 28px 0;${FONT};font-size:28px;line-height:34px;color:${INK}">${heading}</td></tr>
<tr><td class="soft" style="padding:12px 28px 4px;${SANS};font-size:16px;line-height:24px;color:${SOFT}">${lead}</td></tr>
${sections}
${
  button !== undefined &&
  html`<tr><td style="padding:24px 28px 6px"><a href="${button.url}" style="display:inline-block;padding:13px 22px;background:#2a3f86;color:#ffffff;${SANS};font-size:16px;font-weight:bold;text-decoration:none">${button.label}</a></td></tr>`
}
<tr><td class="soft" style="padding:12px 28px 28px;${SANS};font-size:13px;line-height:20px;color:${SOFT}">${note}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
  return {
    subject,
    text: `${[heading, lead, ...text, ...(button ? [`${button.label}: ${button.url}`] : []), note, 'Selvedge'].join('\n\n')}\n`,
    html: document.markup,
  };
}

const DARK = `<style>
@media (prefers-color-scheme: dark) {
  .paper { background: #14161c !important; }
  .card { background: #1c1f28 !important; }
  .ink { color: #ebe8e1 !important; }
  .soft { color: #a3a9b8 !important; }
  .line { border-color: #313644 !important; }
}
</style>`;
