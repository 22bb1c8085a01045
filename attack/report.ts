/** One line of the table at the end. */
export interface Line {
  readonly promise: string;
  /** What was counted or measured. */
  readonly count: string;
  /** Why it was not kept; empty where it was. */
  readonly broken: readonly string[];
}

/** More of the same say nothing more. */
const MOST = 12;

export function printReport(lines: readonly Line[], print: (line: string) => void): void {
  for (const { promise, broken } of lines) {
    if (broken.length === 0) continue;
    print(`\n${promise}: BROKEN`);
    for (const one of broken.slice(0, MOST)) print(`  ${one}`);
    if (broken.length > MOST) print(`  and ${broken.length - MOST} more`);
  }
  const wide = Math.max(...lines.map(({ promise }) => promise.length));
  const counts = Math.max(...lines.map(({ count }) => count.length));
  print('');
  for (const { promise, count, broken } of lines)
    print(`${promise.padEnd(wide)}  ${count.padEnd(counts)}  ${broken.length === 0 ? 'kept' : 'BROKEN'}`);
}
