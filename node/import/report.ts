import { writeFileSync } from 'node:fs';
import type { Fault } from './fault';

/** What became of a file. */
export interface ImportReport {
  file: string;
  dryRun: boolean;
  currency: string;
  location: string;
  rows: number;
  products: { created: number; updated: number; unchanged: number; rejected: number };
  /** Of the products that are in the shop now. */
  variants: number;
  seconds: number;
  /** Every fault, in the order of the file's products. */
  faults: Fault[];
  /** Faults beyond those that are kept in memory. */
  faultsOmitted: number;
}

/** A file in which everything is wrong must not fill the memory with complaints. */
const MAX_FAULTS = 50_000;
const SHOWN_FAULTS = 40;

export function addFaults(report: ImportReport, faults: Fault[]): void {
  const room = Math.max(0, MAX_FAULTS - report.faults.length);
  report.faults.push(...faults.slice(0, room));
  report.faultsOmitted += Math.max(0, faults.length - room);
}

/** The report for people: what was done, then what was not. */
export function renderReport(report: ImportReport): string {
  const { products, variants, faults, faultsOmitted, dryRun } = report;
  const total = products.created + products.updated + products.unchanged;
  const lines = [
    `${dryRun ? 'Would have imported' : 'Imported'} ${total} products (${products.created} created, ${products.updated} updated, ${products.unchanged} unchanged) with ${variants} variants, in ${report.currency}, in ${report.seconds.toFixed(1)} s.`,
  ];
  for (const severity of ['error', 'warning'] as const) {
    const some = faults.filter((fault) => fault.severity === severity);
    if (some.length === 0) continue;
    const heading =
      severity === 'error' ? `${products.rejected} products were rejected and are as they were before:` : 'Notes:';
    lines.push('', heading, ...some.slice(0, SHOWN_FAULTS).map((fault) => `  ${renderFault(fault)}`));
    if (some.length > SHOWN_FAULTS) {
      lines.push(`  … and ${some.length - SHOWN_FAULTS} more (--report FILE.csv lists all)`);
    }
  }
  if (faultsOmitted > 0) lines.push(`  … and ${faultsOmitted} beyond those that a report lists`);
  return lines.join('\n');
}

function renderFault({ line, column, handle, message }: Fault): string {
  const where = column === '' ? `line ${line}` : `line ${line}, ${column}`;
  return `${where} (${handle || 'no handle'}): ${message}`;
}

/** Writes the report as JSON, or its faults as CSV, by the file's ending; replaces it if there is one. */
export function writeReport(file: string, report: ImportReport): void {
  const text = file.toLowerCase().endsWith('.csv') ? toCsv(report.faults) : `${JSON.stringify(report, null, 2)}\n`;
  writeFileSync(file, text);
}

function toCsv(faults: Fault[]): string {
  const rows = faults.map((fault) => [
    ...[fault.severity, fault.line, fault.column, fault.handle, fault.code, fault.message].map(csvCell),
  ]);
  return `${[['severity', 'line', 'column', 'handle', 'code', 'message'], ...rows].map((row) => row.join(',')).join('\r\n')}\r\n`;
}

/** Quoted, and with an apostrophe before what a spreadsheet would take for a formula: the handle is not our text. */
function csvCell(value: string | number): string {
  const text = String(value);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
