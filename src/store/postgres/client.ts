import postgres from 'postgres';
import { StoreRejected, StoreUnavailable } from '../../pipeline/ports.ts';

export interface Statements {
  /**
   * Calls `function(argument::jsonb)` of schema `rolecall` and returns its value, in one wait on an open connection.
   * Throws `StoreMoved` for RCL01, `StoreRejected` for what would fail again, else `StoreUnavailable`.
   */
  call(name: string, argument: unknown): Promise<unknown>;
  end(): Promise<void>;
}

/** A row that the statement rests on has moved since it was read (RCL01), or a deadlock was broken at its cost. */
export class StoreMoved extends Error {
  override readonly name = 'StoreMoved';
}

/**
 * @param options.connections how many to hold; on Workers 1, and never ended there: that leaves an unhandled
 * rejection, and the runtime closes what a request has opened.
 */
export function postgresStatements(
  databaseUrl: string,
  options: {
    readonly connections: number;
    readonly connectTimeoutS?: number;
    /** How long a statement may take: an answer to a sender by default. */
    readonly deadlineMs?: number;
  },
): Statements {
  const { deadlineMs = DEADLINE_MS } = options;
  const sql = postgres(databaseUrl, {
    max: options.connections,
    connect_timeout: options.connectTimeoutS ?? 10,
    fetch_types: false,
    prepare: false,
    // The driver's own wait grows to 20 seconds: a database that is back would go unnoticed for as long.
    backoff: (failures: number) => Math.min(0.5, 0.02 * 2 ** failures),
    onnotice: () => undefined,
    connection: { application_name: 'rolecall' },
  });
  return {
    async call(name, argument) {
      try {
        // now() keeps Hyperdrive from answering out of its cache.
        const query = withParameter(
          sql.unsafe(`select rolecall.${name}($1::jsonb) as value, now()`, [], EXTENDED),
          JSON.stringify(argument),
        );
        const rows: readonly Record<string, unknown>[] = await withDeadline(query, deadlineMs);
        return rows[0]?.['value'];
      } catch (error) {
        throw meaningOf(error);
      }
    },
    end: () => sql.end({ timeout: 5 }),
  };
}

/** Without arguments the driver would take the simple protocol, which has no parameters. */
const EXTENDED = { prepare: false, simple: false };

/**
 * A parameter, not a part of the statement: of a statement that ends in an error, or is under way when the server
 * stops, Postgres writes the text into its log, and leaves out what it was given. Set here because the driver, given
 * arguments of its own, waits to be told their types before it sends them; this one's type is written beside it.
 */
function withParameter<Query extends object>(query: Query, parameter: string): Query {
  return Object.assign(query, { parameters: [parameter] });
}

/** A sender waits 15 seconds (Svix): a database that is silent for longer than this is as good as down. */
export const DEADLINE_MS = 12_000;

export async function withDeadline<T>(query: PromiseLike<T>, deadlineMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), deadlineMs);
  });
  try {
    return await Promise.race([query, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** In slices: a call with half a million arguments overflows the stack. */
export function base64OfBytes(bytes: Uint8Array): string {
  let binary = '';
  for (let from = 0; from < bytes.length; from += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  }
  return btoa(binary);
}

/** By hand: called back for each of them, `Uint8Array.from` takes five times as long. */
export function bytesOfBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/**
 * SQLSTATE classes that speak of the content: data, constraints, limits, a trigger's own word. Everything else is about
 * the database (down, full, read-only, in recovery) and may pass.
 */
const ABOUT_CONTENT = /^(09|21|22|23|2F|38|39|44|54|P0)/;
/** And these of a database that is not, or not yet, the one this code was written for. */
const ABOUT_SCHEMA = /^(0A|3F|42)/;

export function meaningOf(error: unknown): Error {
  const code = sqlStateOf(error);
  if (code === 'RCL01' || code?.startsWith('40')) return new StoreMoved('moved', { cause: error });
  // In workerd a database that is down is a plain error without a code.
  const about =
    code === null ? null : ABOUT_CONTENT.test(code) ? 'content' : ABOUT_SCHEMA.test(code) ? 'schema' : null;
  if (about === null) return new StoreUnavailable('the database is unavailable', { cause: error });
  return new StoreRejected(`the database refused (${code})`, about, { cause: error });
}

/** Only the server's own word counts: the system's codes look alike, and `EPIPE` is a connection that broke. */
export function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'PostgresError' || !('code' in error)) return null;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null;
}
