/** Markup that is safe to send: every value that went into it through `html` was escaped. */
export class Html {
  constructor(readonly markup: string) {}
}

type Fragment = string | number | Html | null | false | readonly Fragment[];

/** Builds markup; every value is escaped, for text and for double-quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...values: Fragment[]): Html {
  return new Html(strings.reduce((markup, part, index) => markup + render(values[index - 1] ?? '') + part));
}

function render(value: Fragment): string {
  if (value === null || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
