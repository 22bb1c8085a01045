import type { Log, LogFields } from '../pipeline/ports.ts';

type Level = 'info' | 'warn' | 'error';

/** One JSON object a line, the time and the event's name first. */
export function jsonLog(write: (level: Level, line: string) => void, now: () => number): Log {
  const at =
    (level: Level) =>
    (event: string, fields: LogFields = {}) =>
      write(level, JSON.stringify({ time: new Date(now()).toISOString(), level, event, ...fields }));
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** Where Workers keep their logs, each level under its own. */
export const toConsole = (level: Level, line: string): void => console[level](line);

/** Where a process keeps them, apart from what its commands answer. */
export const toStandardError = (_: Level, line: string): void => console.error(line);
