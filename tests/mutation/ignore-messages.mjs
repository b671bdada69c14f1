/**
 * Words for people are not held to their letters by tests: mutants of them say nothing about prices. All other strings
 * are mutated: codes, paths, kinds, currencies.
 */
const TELLERS = new Set(['CommerceError', 'reason', 'refuse']);

const isMessage = ({ node, parent, listKey, key }) =>
  ((parent.type === 'NewExpression' || parent.type === 'CallExpression') &&
    listKey === 'arguments' &&
    key === 1 &&
    TELLERS.has(parent.callee.name)) ||
  (parent.type === 'ObjectProperty' && parent.value === node && parent.key.name === 'message') ||
  (parent.type === 'VariableDeclarator' && parent.id.name === 'message');

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'messages',
    value: {
      shouldIgnore(path) {
        if (path.isStringLiteral() || path.isTemplateLiteral())
          return isMessage(path) ? 'Words for people.' : undefined;
        const isTold = path.isFunctionDeclaration() && /Message$/.test(path.node.id?.name ?? '');
        return isTold ? 'Words for people.' : undefined;
      },
    },
  },
];
