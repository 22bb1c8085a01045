/** Somebody's signing in to the console, by digests (SHA-256, lower-case hexadecimal): the store learns no secret. */
export interface ConsoleSession {
  /** The name of their token. */
  readonly operator: string;
  readonly tokenSha256: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** The store's side of the console: who is signed in, and what only its pages ask for. */
export interface ConsoleStore {
  openSession(
    session: Omit<ConsoleSession, 'expiresAt'> & { readonly idSha256: string; readonly seconds: number },
  ): Promise<void>;
  /** Null when there is none, or it has ended. */
  readSession(idSha256: string): Promise<ConsoleSession | null>;
  closeSession(idSha256: string): Promise<void>;
  /** What members held before the changes of a delivery, by the revisions of those. */
  readHeldBefore(delivery: string): Promise<ReadonlyMap<number, readonly string[]>>;
}
