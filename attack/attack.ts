import * as v from 'valibot';
import type { RawAnswer } from '../test/http/support/raw.ts';
import type { Canaries } from './canaries.ts';
import type { Route } from './routes.ts';

/** What an attacker may know or have, and the server that is attacked. */
export interface World {
  /** Host and port. */
  readonly host: string;
  readonly routes: readonly Route[];
  readonly canaries: Canaries;
  /** Cookies of the console, each of a session that is open. */
  readonly cookies: { readonly writer: string; readonly reader: string };
  readonly issuer: string;
  readonly authorizedParty: string;
  readonly jwtKeyPem: string;
  /** A session of Ada's in `org_acme`, and one of Rex's in `org_rival`. */
  readonly sessions: { readonly ada: string; readonly rex: string };
  /** Clerk’s id of the membership that attackers would promote. */
  readonly membershipOfBob: string;
  /** Signs claims as the provider does. */
  signToken(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
  /** Signs claims as somebody else does. */
  forgeToken(claims: Readonly<Record<string, unknown>>): string;
  /** A message that the server has taken. */
  readonly taken: { readonly id: string; readonly body: string };
  /** Where the feed stands. */
  readonly feed: { readonly epoch: string; readonly revision: number };
  now(): number;
}

export type Header = readonly [name: string, value: string];

export interface Request {
  readonly method: string;
  readonly target: string;
  readonly headers?: readonly Header[];
  readonly body?: string | Uint8Array;
}

export interface Attack {
  /** The route it is aimed at. */
  readonly route: Route;
  /** What is tried, in a few words. */
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly bodiless: boolean;
  /** Whether an answer gives the attacker nothing. Refusals of the HTTP parser itself always do. */
  readonly isHarmless: (answer: RawAnswer) => boolean;
  /**
   * Of an attack on the framing: how many requests a reader of RFC 9112 sees in it at most. It gets a connection of its
   * own, and a last request that shows where the answers to it end.
   */
  readonly mostAnswers?: number;
  /** Which byte of a signed message was changed. */
  readonly position?: string;
}

/** Makes the attack number `step` of a family; the same for the same chance. */
export type Family = (world: World, step: number, chance: () => number) => Attack;

const Refusal = v.object({ error: v.object({ code: v.string(), message: v.string() }) });

/** `401 unauthenticated`; only the status where the body is no refusal of ours. */
export function refusalOf({ status, text }: RawAnswer): string {
  try {
    const read = v.safeParse(Refusal, JSON.parse(text));
    return read.success ? `${status} ${read.output.error.code}` : String(status);
  } catch {
    return String(status);
  }
}

/** Harmless where it is one of these refusals. An answer to HEAD has no code: there its status counts. */
export function refusedWith(...refusals: readonly string[]): Attack['isHarmless'] {
  const statuses = new Set(refusals.map((refusal) => refusal.slice(0, 3)));
  return (answer) => {
    const refusal = refusalOf(answer);
    return refusals.includes(refusal) || (answer.text === '' && statuses.has(refusal));
  };
}

/** A request as bytes, with what an attacker would not leave out. */
export function requestBytes(world: Pick<World, 'host'>, request: Request): Uint8Array {
  const { method, target, headers = [], body } = request;
  const has = (wanted: string) => headers.some(([name]) => name.toLowerCase() === wanted);
  const content = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body ?? []);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(has('host') ? [] : [`host: ${world.host}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined || has('transfer-encoding') || has('content-length')
      ? []
      : [`content-length: ${content.byteLength}`]),
  ];
  // Header values are bytes: what is above 0x7f is sent as an attacker would, in UTF-8.
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), content]);
}

/** An attack that is one well-framed request. */
export function attack(
  world: World,
  route: Route,
  what: string,
  request: Request,
  isHarmless: Attack['isHarmless'],
): Attack {
  return {
    route,
    what,
    bytes: requestBytes(world, request),
    bodiless: request.method === 'HEAD',
    isHarmless,
  };
}

export function pick<One>(chance: () => number, list: readonly [One, ...One[]]): One;
export function pick<One>(chance: () => number, list: readonly One[]): One;
export function pick<One>(chance: () => number, list: readonly One[]): One {
  const chosen = list[Math.floor(chance() * list.length)];
  if (chosen === undefined) throw new Error('there is nothing to choose from');
  return chosen;
}

export function routeNamed(world: Pick<World, 'routes'>, method: Route['method'], path: string): Route {
  const found = world.routes.find((route) => route.method === method && route.path === path);
  if (found === undefined) throw new Error(`there is no route ${method} ${path}`);
  return found;
}

export const bearer = (token: string): Header => ['authorization', `Bearer ${token}`];
export const JSON_CONTENT: Header = ['content-type', 'application/json'];
export const FORM_CONTENT: Header = ['content-type', 'application/x-www-form-urlencoded'];
