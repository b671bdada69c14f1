import type { Changes, SectionChange } from './compare';
import type { LoadReport, LocatedIssue } from './load';
import { renderPreviews } from './preview';
import { SECTIONS } from './shape';

const NAMES: Record<(typeof SECTIONS)[number], string> = {
  customerGroups: 'customer groups',
  conversions: 'conversions',
  priceLists: 'price lists',
  taxZones: 'tax zones',
  shippingZones: 'shipping zones',
  shippingMethods: 'ways of shipping',
  promotionGroups: 'promotion groups',
  promotions: 'promotions',
};

const SHOWN_ISSUES = 100;
const SHOWN_IDS = 8;

/** The report for people: what is wrong or would be, what samples cost, and what changed. */
export function renderReport({ dryRun, accepted, errors, warnings, changes, previews }: LoadReport): string {
  const parts: string[] = [];
  if (errors.length > 0) parts.push(renderIssues(`${count(errors.length, 'fault')} in the file:`, errors));
  if (warnings.length > 0) parts.push(renderIssues('Notes:', warnings));
  if (previews.length > 0) parts.push(renderPreviews(previews));
  if (errors.length > 0) parts.push('Nothing was loaded.');
  else if (changes) parts.push(renderChanges(changes, dryRun, accepted));
  return parts.join('\n\n');
}

function renderIssues(heading: string, issues: readonly LocatedIssue[]): string {
  const lines = issues.slice(0, SHOWN_ISSUES).map(({ path, line, code, message }) => {
    return `  ${path === '' ? '' : `line ${line}, ${path}: `}${message} (${code})`;
  });
  if (issues.length > SHOWN_ISSUES) lines.push(`  … and ${issues.length - SHOWN_ISSUES} more (--json lists all)`);
  return [heading, ...lines].join('\n');
}

function renderChanges(changes: Changes, dryRun: boolean, accepted: boolean): string {
  const lines = SECTIONS.flatMap((section) => {
    const change = changes[section];
    return change ? [`  ${NAMES[section]}: ${renderChange(change)}`] : [];
  });
  if (lines.length === 0) return 'The file has no section of rules, so nothing changes.';
  const heading = dryRun ? 'Would change:' : accepted ? 'Loaded:' : 'Not loaded:';
  return [heading, ...lines].join('\n');
}

function renderChange({ added, changed, removed, unchanged }: SectionChange): string {
  const parts = [
    ...(added.length > 0 ? [`${added.length} added (${names(added)})`] : []),
    ...(changed.length > 0 ? [`${changed.length} changed (${names(changed)})`] : []),
    ...(removed.length > 0 ? [`${removed.length} removed (${names(removed)})`] : []),
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'none, as before';
}

function names(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN_IDS).join(', ');
  return ids.length > SHOWN_IDS ? `${shown}, …` : shown;
}

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}
