/** The public surface of `rolecall`, nothing else. */
export type { Consequence, Consequences } from './domain/effects.ts';
export { createRolecall, type Rolecall, type RolecallOptions } from './runtime/rolecall.ts';
export {
  type Client,
  type ClientOptions,
  createClient,
  type Decision,
  fetchWithFreshToken,
  type GetToken,
  type Question,
  type Resource,
  RolecallUnavailable,
  type Scope,
  type Subject,
  type TokenTimes,
  type UnavailableCode,
} from './sdk/index.ts';
