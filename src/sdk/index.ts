/** The public surface of `rolecall/client`, nothing else: what apps and browsers import without the server. */
export type { Scope } from '../domain/grant.ts';
export { type Client, type ClientOptions, createClient } from './client/create-client.ts';
export type { Decision } from './client/decision.ts';
export { fetchWithFreshToken, type GetToken } from './client/fetch-with-fresh-token.ts';
export type { Question, Resource, Subject, TokenTimes } from './client/question.ts';
export { RolecallUnavailable, type UnavailableCode } from './client/unavailable.ts';
export type { About, AgentSubject } from './snapshot/decide-locally.ts';
export type { Clock } from './snapshot/freshness.ts';
export type { CopyChange, Snapshot, SnapshotOptions } from './snapshot/open-snapshot.ts';
export { type ProblemCode, SnapshotProblem } from './snapshot/problem.ts';
