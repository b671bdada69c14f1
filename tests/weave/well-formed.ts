// Sticky: each is tried where the reader stands, and nowhere else.
const CLOSE = /<\/([a-zA-Z]+)>/y;
const START = /<([a-zA-Z]+)((?: [a-zA-Z][a-zA-Z0-9-]*="[^"<&]*")*)(\/?)>/y;

/**
 * Reads XML strictly, as far as these pictures use it, and throws where it is not well-formed: unbalanced or unquoted,
 * an attribute twice, a stray `<` or `&`, text outside of the root. Answers every element with its attributes.
 */
export function parseXml(text: string): { name: string; attributes: Map<string, string> }[] {
  const elements: { name: string; attributes: Map<string, string> }[] = [];
  const open: string[] = [];
  let position = 0;
  const fail = (what: string) => new Error(`${what} at ${position}: ${text.slice(position, position + 60)}`);
  const match = (pattern: RegExp) => {
    pattern.lastIndex = position;
    return pattern.exec(text);
  };
  while (position < text.length) {
    const close = match(CLOSE);
    if (close) {
      if (open.pop() !== close[1]) throw fail('An element is closed that is not open');
      position += close[0].length;
      if (open.length === 0 && position < text.length) throw fail('Something follows the root');
      continue;
    }
    const start = match(START);
    if (!start) throw fail('Not a tag');
    const [tag, name = '', list = '', selfClosing] = start;
    const attributes = new Map<string, string>();
    for (const [, key = '', value = ''] of list.matchAll(/ ([a-zA-Z0-9-]+)="([^"]*)"/g)) {
      if (attributes.has(key)) throw fail(`The attribute ${key} is there twice`);
      attributes.set(key, value);
    }
    if (open.length === 0 && elements.length > 0) throw fail('A second root');
    elements.push({ name, attributes });
    if (!selfClosing) open.push(name);
    position += tag.length;
  }
  if (open.length > 0) throw fail(`Never closed: ${open.join(', ')}`);
  return elements;
}
