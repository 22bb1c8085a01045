import postgres from 'postgres';

/** What is wrong with an address of a database; null where it can be read. It opens no connection. */
export function databaseUrlProblem(databaseUrl: string): string | null {
  try {
    // The driver takes any scheme for its own.
    if (/^\s*postgres(ql)?:\/\//.test(databaseUrl)) {
      postgres(databaseUrl, { max: 1 });
      return null;
    }
  } catch {
    // Its own error carries the address, password and all.
  }
  return 'DATABASE_URL must be the URL of a Postgres, with login, password, host and name (in a password, @ is written %40, / %2F and % %25)';
}
