/** The public surface of `rolecall/client`, nothing else: what apps and browsers import without the server. */
export type { Scope } from '../domain/grant.ts';
export { type Client, type ClientOptions, createClient, type Decision } from './client/create-client.ts';
export { fetchWithFreshToken, type GetToken } from './client/fetch-with-fresh-token.ts';
export type { Question, Resource, Subject, TokenTimes } from './client/question.ts';
export { RolecallUnavailable, type UnavailableCode } from './client/unavailable.ts';
