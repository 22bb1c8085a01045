import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { type Applied, applyPolicy } from '../pipeline/policies/apply-policy.ts';
import { resolvePolicy } from '../policy/index.ts';
import { policyDigest, policyTools } from '../runtime/policy-tools.ts';
import type { ClerkStandIn } from './clerk/stand-in.ts';
import { startStack } from './stack/stack.ts';

export interface TestRolecallOptions {
  /** What `definePolicy` gave; the provider's own roles and permissions when left out. */
  readonly policy?: object;
  /** `node` when left out: Rolecall in this process. `workerd`: the worker as it is deployed; needs wrangler. */
  readonly runtime?: 'node' | 'workerd';
  /** The stand-in's clock, milliseconds; the system's when left out. */
  readonly now?: () => number;
  /** The origin of the app's pages: tokens are made for it, and only its pages may read `/v1/me`. */
  readonly authorizedParty?: string;
  /** Further variables of the environment, for example `ROLECALL_MODE`. Tokens in them are taken beside `tokens`. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A whole Rolecall of one's own, on 127.0.0.1: a real Postgres, a Clerk to change things at, the server. */
export interface TestRolecall {
  readonly url: string;
  /** Change something here, and its signed webhooks are sent. */
  readonly clerk: ClerkStandIn;
  /** Where Clerk's Backend API is stood in for. */
  readonly clerkUrl: string;
  readonly database: {
    /** A superuser's, for the app's own tables. */
    readonly url: string;
    /** A login that is granted `rolecall_reader`. */
    readonly reader: string;
  };
  readonly tokens: { readonly read: string; readonly operator: string };
  /** Activates another policy, whomever it cuts off. */
  applyPolicy(policy: object): Promise<Applied>;
  /** Resolves when every webhook is answered and nothing is owed to Clerk that is due. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts one, empty, on free ports and with data of its own that is gone afterwards.
 * @throws when Postgres or the server cannot be started, or the policy cannot be resolved.
 */
export async function startTestRolecall(options: TestRolecallOptions = {}): Promise<TestRolecall> {
  const stack = await startStack({
    runtime: options.runtime ?? 'node',
    tickEvery: 250,
    standIn: {
      ...(options.now === undefined ? {} : { now: options.now }),
      ...(options.authorizedParty === undefined ? {} : { authorizedParty: options.authorizedParty }),
    },
    ...(options.variables === undefined ? {} : { variables: options.variables }),
  });
  const sql = postgres(stack.database.url, { max: 1, onnotice: () => undefined });
  const tools = policyTools(stack.database.url);
  const { standIn } = stack.clerk;

  const apply = async (definition: object): Promise<Applied> => {
    const policy = resolvePolicy(definition);
    const proposal = { policy, digest: policyDigest(policy), by: 'a test', reason: '' };
    const applied = await applyPolicy(tools, proposal);
    return applied.result === 'held' ? applyPolicy(tools, proposal, { approving: applied.hold }) : applied;
  };

  const stop = async (): Promise<void> => {
    await tools.end();
    await sql.end();
    await stack.stop();
  };
  try {
    if (options.policy !== undefined) await apply(options.policy);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: stack.worker.url,
    clerk: standIn,
    clerkUrl: stack.clerk.url,
    database: { url: stack.database.url, reader: stack.database.reader },
    tokens: stack.tokens,
    applyPolicy: apply,
    async settled() {
      for (;;) {
        await standIn.settled();
        const [row] = await sql<{ due: boolean }[]>`
          select exists (select from rolecall.effects where status = 'owed' and due_at <= clock_timestamp()) as due`;
        if (row?.due === false) return;
        await delay(10);
      }
    },
    stop,
  };
}
