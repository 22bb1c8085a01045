/** Hears every line that a server writes, and keeps none but the last ones. */
export function openEar() {
  const last: string[] = [];
  const found: string[] = [];
  let lines = 0;
  let find: (text: string) => string | null = () => null;
  const judge = (line: string): void => {
    const secret = find(line);
    if (secret !== null) found.push(`a line held a part of ${secret}: ${line.slice(0, 60)} …`);
    // What nobody foresaw is caught, answered with 503 and named so.
    if (/"event":"unexpected_error"|UnhandledPromise|Uncaught|^\s+at .+:\d+:\d+\)?$/.test(line))
      found.push(`a line tells of an error that nobody foresaw: ${line.slice(0, 200)}`);
  };
  return {
    hear(line: string): void {
      lines += 1;
      judge(line);
      if (last.push(line) > 100) last.shift();
    },
    /** From now on. */
    listenFor(finder: (text: string) => string | null): void {
      find = finder;
    },
    lines: () => lines,
    found: (): readonly string[] => [...new Set(found)],
    last: (): readonly string[] => last,
  };
}
