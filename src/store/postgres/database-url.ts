import postgres from 'postgres';

/** What is wrong with an address of a database; null where it can be read. It opens no connection. */
export function databaseUrlProblem(databaseUrl: string): string | null {
  try {
    postgres(databaseUrl);
    return null;
  } catch {
    // The driver's own error carries the address, password and all.
    return 'DATABASE_URL is no postgres://login:password@host/name (in a password, @ is written %40, / %2F and % %25)';
  }
}
