import postgres from 'postgres';

/** Database URLs of those who are no superusers. */
export type Logins = {
  /** The worker's: a member of `rolecall_service` and of nothing else, as it should be deployed. */
  readonly service: string;
  /** An app's: a member of `rolecall_reader`. */
  readonly reader: string;
};

const as = (databaseUrl: string, user: string, password: string): string => {
  const url = new URL(databaseUrl);
  url.username = user;
  url.password = password;
  return url.href;
};

/** Makes the logins, or gives those of an earlier start these passwords. They are of the base64url alphabet. */
export const makeLogins = async (
  databaseUrl: string,
  passwords: { readonly serviceLogin: string; readonly readerLogin: string },
): Promise<Logins> => {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  const login = async (name: string, group: string, password: string): Promise<string> => {
    const exists = await sql`select from pg_catalog.pg_roles where rolname = ${name}`;
    await sql.unsafe(`${exists.length === 0 ? 'create' : 'alter'} role ${name} login password '${password}'`);
    await sql.unsafe(`grant ${group} to ${name}`);
    return as(databaseUrl, name, password);
  };
  try {
    return {
      service: await login('rolecall_worker', 'rolecall_service', passwords.serviceLogin),
      reader: await login('rolecall_app', 'rolecall_reader', passwords.readerLogin),
    };
  } finally {
    await sql.end();
  }
};
