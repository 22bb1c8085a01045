import * as v from 'valibot';
import type { PermissionOf, PolicyDefinition } from '../../policy/index.ts';
import { openSnapshot, type Snapshot, type SnapshotOptions } from '../snapshot/open-snapshot.ts';
import { connectionTo } from './connection.ts';
import { DeadlinePassed, requireMilliseconds, within } from './deadline.ts';
import type { Decision } from './decision.ts';
import { evaluationOf, type Question } from './question.ts';
import { RolecallUnavailable } from './unavailable.ts';

export interface ClientOptions {
  /** Where Rolecall is served, with its base path. */
  readonly url: string | undefined;
  /** One of `ROLECALL_READ_TOKEN`: it may ask about everybody, so it stays on servers. */
  readonly token: string | undefined;
  /** Milliseconds for one question, everything included. 2,000 when left out. */
  readonly timeoutMs?: number;
  /** Sends requests; the global `fetch` when left out. A Rolecall in the same process: `rolecall.fetch`. */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
}

/** Asks Rolecall, each time anew, so that nothing is late; or keeps a copy that answers at once. */
export interface Client<Permission extends string = string> {
  /** @throws RolecallUnavailable when there is no decision; TypeError for a question that lacks what it names. */
  check(question: Question<Permission>): Promise<Decision>;
  /** The same as a boolean: true only if Rolecall said so, false also when it could not be asked. */
  allows(question: Question<Permission>): Promise<boolean>;
  /**
   * Begins to keep a local copy of everything that the token may read. One for the whole process, until `close`.
   * @throws RangeError for a bound that is none.
   */
  snapshot(options?: SnapshotOptions): Snapshot<Permission>;
}

const TIMEOUT_MS = 2_000;

const Answer = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    decision: v.boolean(),
    context: v.nullish(v.object({ reason: v.nullish(v.string()) })),
  }),
);

/**
 * A client for apps' servers. `createClient<typeof policy>` knows the policy's permissions, so that a misspelt one does
 * not compile.
 * @throws Error naming what is missing or malformed (RangeError: the time), and at once where a browser would be given the read token.
 */
export function createClient<Policy = PolicyDefinition>(
  options: ClientOptions,
): Client<PermissionOf<Policy>> {
  if ('window' in globalThis && 'document' in globalThis) {
    throw new Error('This is a browser: a read token in it is a read token for everybody.');
  }
  const { url = '', token = '', timeoutMs = TIMEOUT_MS } = options;
  if (!isBase(url)) {
    throw new Error(
      'The url of Rolecall must be an http or https URL, without credentials, query or fragment.',
    );
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error('The token for Rolecall is missing or malformed.');
  requireMilliseconds(timeoutMs);
  const connection = connectionTo(
    url.replace(/\/+$/, ''),
    token,
    options.fetch ?? ((request) => fetch(request)),
  );

  const ask = async (body: string, signal: AbortSignal) => {
    const headers = { 'content-type': 'application/json' };
    const attempt = () => connection.send('/access/v1/evaluation', { method: 'POST', headers, body, signal });
    // A kept-alive connection may have been closed under the request: once more. An answer is never asked for twice.
    const response = await attempt().catch((error: unknown) => {
      if (signal.aborted) throw error;
      return attempt();
    });
    return { status: response.status, text: await response.text() };
  };

  const check = async (question: Question): Promise<Decision> => {
    const body = JSON.stringify(evaluationOf(question));
    const { status, text } = await within(timeoutMs, (signal) => ask(body, signal)).catch(
      (error: unknown): never => {
        const code = error instanceof DeadlinePassed ? 'timeout' : 'unreachable';
        throw new RolecallUnavailable(code, `Rolecall could not be asked: ${code}.`, { cause: error });
      },
    );
    if (status !== 200) {
      const code = status === 409 ? 'not_yet' : status >= 400 && status < 500 ? 'refused' : 'failed';
      throw new RolecallUnavailable(code, `Rolecall answered ${status}.`);
    }
    const answer = v.safeParse(Answer, text);
    if (!answer.success) {
      throw new RolecallUnavailable(
        'unreadable',
        'What answered is not Rolecall, or not this version of it.',
      );
    }
    const { decision, context } = answer.output;
    return decision ? { allowed: true } : { allowed: false, reason: context?.reason ?? 'denied' };
  };

  return {
    check,
    async allows(question) {
      try {
        return (await check(question)).allowed;
      } catch (error) {
        if (error instanceof RolecallUnavailable) return false;
        throw error;
      }
    },
    snapshot: (settings) => openSnapshot(connection, settings),
  };
}

/** What a path can be put behind, and `fetch` would take. */
function isBase(text: string): boolean {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
