import type { ClerkStandIn, ClerkStandInOptions } from '../index.ts';
export type StackOptions = {
  /** Where everything is kept over restarts; may be a link. Without it all is temporary. */
  readonly folder?: string;
  /** Free ones by default. */
  readonly workerPort?: number;
  readonly standInPort?: number;
  /** Passed to the worker beside what the stack knows, e.g. `ROLECALL_MODE`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** How often the worker's scheduled handler runs, in milliseconds. */
  readonly tickEvery?: number;
  /** The rest of what the stand-in can be told. */
  readonly standIn?: StandInOptions;
  /** Another worker than Rolecall's, and what its database needs. */
  readonly configPath?: string;
  readonly prepareDatabase?: (databaseUrl: string) => Promise<void>;
  readonly log?: (part: 'postgres' | 'worker' | 'stack', message: string) => void;
  /** Gives up a start on its way. */
  readonly stopping?: AbortSignal;
};
type StandInOptions = Omit<
  ClerkStandInOptions,
  'instanceId' | 'secretKey' | 'signingSecret' | 'privateKeyPem' | 'endpoints' | 'restore' | 'onChange'
>;
export type Stack = {
  readonly worker: {
    readonly url: string;
    readonly webhooks: string;
  };
  readonly clerk: {
    readonly url: string;
    readonly standIn: ClerkStandIn;
  };
  readonly database: {
    readonly url: string;
  };
  readonly tokens: {
    readonly read: string;
    readonly operator: string;
  };
  /** Runs the worker's scheduled handler now. */
  readonly runScheduled: () => Promise<void>;
  readonly stop: () => Promise<void>;
};
/** Everything Rolecall needs, on this machine and 127.0.0.1 only: Postgres, a Clerk, the worker in workerd. */
export declare const startStack: (options?: StackOptions) => Promise<Stack>;
