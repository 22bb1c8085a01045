/** The public surface of `rolecall`, nothing else. */
export type { Consequence, Consequences } from './domain/effects.ts';
export { createRolecall, type Rolecall, type RolecallOptions } from './runtime/rolecall.ts';
export {
  type About,
  type AgentSubject,
  type Client,
  type ClientOptions,
  type Clock,
  type CopyChange,
  createClient,
  type Decision,
  fetchWithFreshToken,
  type GetToken,
  type ProblemCode,
  type Question,
  type Resource,
  RolecallUnavailable,
  type Scope,
  type Snapshot,
  type SnapshotOptions,
  SnapshotProblem,
  type Subject,
  type TokenTimes,
  type UnavailableCode,
} from './sdk/index.ts';
