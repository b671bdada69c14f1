import type { RuleSet } from '@/db/rules';
import { SECTIONS } from './shape';

type RuleSection = (typeof SECTIONS)[number];

/** What would become of the entries of each section that a set has. */
export type Changes = Partial<Record<RuleSection, SectionChange>>;

/** Ids; of a conversion the currencies, `EUR/SEK`. */
export interface SectionChange {
  added: string[];
  changed: string[];
  removed: string[];
  unchanged: number;
}

/** What replacing the sections of `after` would change. */
export function compareRules(before: RuleSet, after: RuleSet): Changes {
  const changes: Changes = {};
  for (const section of SECTIONS) {
    if (!after[section]) continue;
    const old = entriesOf(before, section);
    const next = entriesOf(after, section);
    const stay = [...next.keys()].filter((id) => old.has(id));
    const changed = stay.filter((id) => old.get(id) !== next.get(id));
    changes[section] = {
      added: [...next.keys()].filter((id) => !old.has(id)),
      changed,
      removed: [...old.keys()].filter((id) => !next.has(id)),
      unchanged: stay.length - changed.length,
    };
  }
  return changes;
}

/** Whether nothing would be different. */
export function isUnchanged(changes: Changes): boolean {
  return Object.values(changes).every((change) => !isChange(change));
}

/** Those sections of a set in which something would be different. */
export function changedSections(set: RuleSet, changes: Changes): RuleSet {
  const changed = SECTIONS.filter((section) => changes[section] && isChange(changes[section]));
  return Object.fromEntries(changed.map((section) => [section, set[section]])) as RuleSet;
}

function isChange({ added, changed, removed }: SectionChange): boolean {
  return added.length + changed.length + removed.length > 0;
}

/** By id, each entry as a text that is the same for the same rule, however it was written. */
function entriesOf(set: RuleSet, section: RuleSection): Map<string, string> {
  return new Map(
    (set[section] ?? []).map((entry, index) => {
      if ('rate' in entry) {
        const { from, to, rate } = entry;
        return [`${from}/${to}`, textOf({ ...entry, rate: plainRate(rate) })];
      }
      // Where methods cost the same, they are offered in their order.
      return [entry.id, textOf(section === 'shippingMethods' ? { ...entry, index } : entry)];
    }),
  );
}

function plainRate(rate: string): string {
  return rate.includes('.') ? rate.replace(/\.?0+$/, '') : rate;
}

/** Lists in which order means nothing are put into one. */
const UNORDERED = new Set(['codes', 'prices']);

function textOf(value: unknown): string {
  return JSON.stringify(value, (name, member: unknown) => {
    if (Array.isArray(member)) return UNORDERED.has(name) ? member.map((one) => textOf(one)).sort() : member;
    if (typeof member !== 'object' || member === null) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
