import postgres from 'postgres';
import type { ClerkStandIn, OutboxEvent } from '../../index.ts';
import type { Stack } from '../stack.ts';
import type { Step } from './play.ts';
import type { ProviderClock } from './provider-clock.ts';

export type Refusal = { readonly what: string; readonly milliseconds: number };

/** Where it plays: the stack, or anything that has these. */
export type Place = Pick<Stack, 'worker' | 'database' | 'tokens' | 'clerk'>;

/** What every chapter works with. */
export type Scene = {
  readonly stack: Place;
  readonly clerk: ClerkStandIn;
  readonly clock: ProviderClock;
  /** As an app reads: it may ask, and nothing else. */
  readonly app: postgres.Sql;
  /** Looks into the inbox and at what is owed. */
  readonly operator: postgres.Sql;
  /** Received → refused, for the summary. */
  readonly refusals: Refusal[];
  /** Authentic messages that no change of the stand-in told. */
  readonly extras: OutboxEvent[];
};

export type Chapter = (step: Step, scene: Scene) => Promise<void>;

export const organization = 'org_acme';

export const openScene = (
  stack: Place,
  clock: ProviderClock,
): { readonly scene: Scene; readonly close: () => Promise<void> } => {
  const connect = (url: string) => postgres(url, { max: 2, onnotice: () => undefined });
  const [app, operator] = [connect(stack.database.reader), connect(stack.database.url)];
  return {
    scene: { stack, clock, clerk: stack.clerk.standIn, app, operator, refusals: [], extras: [] },
    close: async () => {
      await Promise.all([app.end({ timeout: 1 }), operator.end({ timeout: 1 })]);
    },
  };
};
