import type { Consequences } from '../../domain/effects.ts';

/** Where verified bytes go while the database cannot take them. False: it cannot take them either. */
export interface Spill {
  put(message: {
    readonly headers: Headers;
    readonly body: Uint8Array;
    readonly receivedAt: number;
  }): Promise<boolean>;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** One line an event. Fields are names, codes, counts and ids: never a secret, a token or a payload. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** `observe`: decide, but revoke nothing. `paused`: take and decide, but call the provider for nothing. */
export const MODES = ['enforce', 'observe', 'paused'] as const;

export type Mode = (typeof MODES)[number];

/** What is done about what was decided: what the environment chooses, and the server and the commands share. */
export interface Conduct {
  readonly mode: Mode;
  readonly consequences: Consequences;
}
