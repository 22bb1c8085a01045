import type { Context } from 'hono';
import type { OperatorToken } from '../http/bearer.ts';
import type { Services } from '../http/services.ts';
import type { Html } from './parts/html.ts';

/** Somebody who is signed in looks at a page, or asks for something to be done. */
export interface Visit {
  readonly c: Context;
  readonly services: Services;
  readonly operator: OperatorToken;
  /** From the address of this request to `/console`: relative, since nobody knows where the whole is mounted. */
  readonly root: string;
  /** Milliseconds. */
  readonly now: number;
}

/** A page without what stands around every page. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: 200 | 404;
}

/** From a route of the console to `/console`. */
export function rootOf(path: string): string {
  return `${'../'.repeat(path.split('/').length - 2)}console`;
}

/** A query as a link has it: what is null or empty is left out. */
export function query(parameters: Readonly<Record<string, string | number | null | undefined>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== '');
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}
