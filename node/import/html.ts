import sanitizeHtml from 'sanitize-html';

const OPTIONS: sanitizeHtml.IOptions = {
  allowedTags: [
    ...['p', 'br', 'hr', 'div', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote'],
    ...['ul', 'ol', 'li', 'dl', 'dt', 'dd'],
    ...['a', 'strong', 'b', 'em', 'i', 'u', 's', 'sub', 'sup', 'small'],
    ...['table', 'caption', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td'],
  ],
  allowedAttributes: { a: ['href', 'rel'], th: ['colspan', 'rowspan', 'scope'], td: ['colspan', 'rowspan'] },
  allowedSchemes: ['https', 'http', 'mailto', 'tel'],
  allowProtocolRelative: false,
  // With these goes what is between them; of every other tag the text stays.
  nonTextTags: [
    ...['script', 'style', 'textarea', 'option', 'noscript', 'template', 'iframe', 'object'],
    ...['svg', 'math', 'title', 'xmp', 'plaintext', 'noembed', 'noframes'],
  ],
  transformTags: {
    // A page has one first heading, and it is the product's title.
    h1: 'h2',
    a: sanitizeHtml.simpleTransform('a', { rel: 'nofollow noopener' }),
  },
  // Deeper nesting than anyone writes by hand only serves to exhaust a browser's stack.
  nestingLimit: 30,
};

/** HTML that is harmless in a page: text, lists, tables and links; no scripts, handlers, styles, frames, pictures. */
export function sanitizeBody(html: string): string {
  return sanitizeHtml(html, OPTIONS).trim();
}
