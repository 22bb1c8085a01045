// What tests inside workerd import. The packages' own declarations come with globals that collide with the
// DOM library's (Request, Response …), so the few that are needed stand here.

declare module 'cloudflare:workers' {
  import type { Hyperdrive, Queue } from '@cloudflare/workers-types';

  export const env: { readonly HYPERDRIVE: Hyperdrive; readonly SPILL: Queue };
  export const exports: {
    readonly default: { fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> };
  };
}

declare module 'cloudflare:test' {
  import type { ExecutionContext, MessageBatch, ScheduledController } from '@cloudflare/workers-types';

  export function createExecutionContext(): ExecutionContext;
  export function waitOnExecutionContext(ctx: ExecutionContext): Promise<void>;
  export function createScheduledController(options?: {
    scheduledTime?: Date | number;
    cron?: string;
  }): ScheduledController;
  export function createMessageBatch<Body>(
    queue: string,
    messages: { id: string; timestamp: Date | number; attempts: number; body: Body }[],
  ): MessageBatch<Body>;
  export function getQueueResult(
    batch: MessageBatch,
    ctx: ExecutionContext,
  ): Promise<{
    outcome: string;
    ackAll: boolean;
    retryBatch: { retry: boolean; delaySeconds?: number };
    explicitAcks: string[];
    retryMessages: { msgId: string; delaySeconds?: number }[];
  }>;
}
