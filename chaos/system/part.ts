import type { CountingProxy } from '../../test/support/proxy.ts';

/** One process that serves Rolecall, however it does it. */
export interface Part {
  readonly url: string;
  /** Between it and the database. */
  readonly proxy: CountingProxy;
  /** SIGKILL, nothing for so long, then the same again on the same port; resolves when it serves. */
  readonly kill: (forMs: number) => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly lastWords: () => string;
}
