import postgres from 'postgres';
import { StoreUnavailable } from '../../pipeline/ports.ts';
import { DEADLINE_MS, meaningOf, withDeadline } from './client.ts';

/** What holds a connection for as long as its reader takes: connections of its own, so that nobody else waits for one. */
export interface Downloads {
  /**
   * Calls a function that returns rows, and gives them `lot` by lot as they are asked for, all as they were at one
   * moment. Waits for its turn. Throws `StoreUnavailable`, or `StoreRejected` for what would fail again.
   */
  rows(name: string, argument: unknown, lot: number): AsyncGenerator<readonly unknown[], void, undefined>;
  end(): Promise<void>;
}

export interface DownloadOptions {
  /** How many at once. */
  readonly most: number;
  /** Connections are left open: the runtime closes what a request has opened, and an `end` there is never caught. */
  readonly left?: boolean;
}

export function postgresDownloads(databaseUrl: string, options: DownloadOptions): Downloads {
  const turns = takeTurns(options.most);
  const open = new Set<postgres.Sql>();

  const close = async (sql: postgres.Sql): Promise<void> => {
    open.delete(sql);
    if (options.left === true) await sql.unsafe('rollback').simple();
    else await sql.end({ timeout: 1 });
  };
  return {
    async *rows(name, argument, lot) {
      const done = await turns.next();
      // A client of one connection each: of a pool, the driver goes on writing to a transaction whose connection is
      // gone, and throws where nobody can catch it. This one connects anew, and finds no cursor there.
      const sql = connect(databaseUrl);
      open.add(sql);
      const ask = async (text: string): Promise<readonly unknown[]> =>
        withDeadline(sql.unsafe(text).simple(), DEADLINE_MS);
      try {
        await ask(cursorOver(`rolecall.${name}(${jsonLiteral(argument)})`));
        for (let more = true; more; ) {
          const rows = await ask(`fetch ${lot} from lot`);
          more = rows.length === lot;
          if (rows.length > 0) yield rows;
        }
      } catch (error) {
        throw meaningOf(error);
      } finally {
        done();
        close(sql).catch(() => undefined);
      }
    },
    async end() {
      await Promise.all([...open].map(close));
    },
  };
}

function connect(databaseUrl: string): postgres.Sql {
  return postgres(databaseUrl, {
    max: 1,
    connect_timeout: 10,
    fetch_types: false,
    prepare: false,
    onnotice: () => undefined,
    connection: { application_name: 'rolecall snapshot' },
  });
}

/**
 * Planned for all rows, not for the first ones. Whoever leaves it open is thrown out by the server, for its moment keeps
 * dead rows from being cleared away.
 */
function cursorOver(call: string): string {
  return `begin isolation level repeatable read read only;
    set local cursor_tuple_fraction = 1; set local work_mem = '16MB'; set local jit = off;
    set local idle_in_transaction_session_timeout = '60s';
    declare lot no scroll cursor for select * from ${call}`;
}

/**
 * JSON as a literal that cannot be left: it holds no quote at all, since JSON has another way of writing one. Its
 * backslashes are escaped, and said to be, so that they mean the same where `standard_conforming_strings` is off.
 */
function jsonLiteral(value: unknown): string {
  const json = JSON.stringify(value).replaceAll("'", '\\u0027').replaceAll('\\', '\\\\');
  return `E'${json}'::jsonb`;
}

/** Lets so many go on at once, the others in the order in which they came, and none of those who have waited too long. */
function takeTurns(most: number): { next(): Promise<() => void> } {
  const waiting: (() => void)[] = [];
  let taken = 0;

  const over = (): void => {
    const following = waiting.shift();
    if (following === undefined) taken -= 1;
    else following();
  };
  return {
    next() {
      if (taken < most) {
        taken += 1;
        return Promise.resolve(over);
      }
      return new Promise((resolve, reject) => {
        const go = () => {
          clearTimeout(timer);
          resolve(over);
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(go), 1);
          reject(new StoreUnavailable('too many downloads at once'));
        }, DEADLINE_MS);
        waiting.push(go);
      });
    },
  };
}
