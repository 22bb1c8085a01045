import { controlApi } from './control/app.ts';
import { createCore, type StandInCore } from './core.ts';
import type { ClerkStandInOptions } from './options.ts';

/** A Clerk instance in memory: its Backend API, its webhooks, its tokens, and its truth at any time. */
export interface ClerkStandIn extends StandInCore {
  /** The Backend API, and the control API below `/stand-in/`. */
  readonly fetch: (request: Request) => Promise<Response>;
}

export const createClerkStandIn = (options: ClerkStandInOptions = {}): ClerkStandIn => {
  const core = createCore(options);
  const control = controlApi(core);
  const fetch = async (request: Request): Promise<Response> =>
    new URL(request.url).pathname.startsWith('/stand-in/') ? control.fetch(request) : core.api.fetch(request);
  // Not spread: the keys are getters, and making one costs 100 ms that most tests do not need.
  return Object.assign(core, { fetch });
};
