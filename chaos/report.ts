import type { Finding } from './checker/run.ts';

export interface Report {
  readonly seed: number;
  /** Of the plan of changes and faults: the same for the same seed and length. */
  readonly plan: string;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly promises: readonly Finding[];
}

const MOST_TOLD = 12;

export const isKept = ({ promises }: Report): boolean => promises.every(({ broken }) => broken.length === 0);

export function printReport(report: Report, again: string): void {
  const table = (rows: readonly (readonly [string, string | number])[]) => {
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`);
  };
  console.log('\nWhat was done');
  table(Object.entries(report.faults));
  console.log('\nWhat was seen');
  table(Object.entries(report.figures));
  console.log('\nWhat was promised');
  table(
    report.promises.map(({ promise, checked, broken }) => [
      promise,
      `${String(checked).padStart(7)} checked  ${broken.length === 0 ? 'kept' : `BROKEN ${broken.length} times`}`,
    ]),
  );
  for (const { promise, broken } of report.promises) {
    if (broken.length === 0) continue;
    console.log(`\nBroken: ${promise}`);
    for (const one of broken.slice(0, MOST_TOLD)) console.log(`  ${one}`);
    if (broken.length > MOST_TOLD) console.log(`  … and ${broken.length - MOST_TOLD} more (--json has all)`);
  }
  console.log(
    `\n${isKept(report) ? 'Every promise was kept.' : 'Not every promise was kept.'} The same again: ${again}`,
  );
}
