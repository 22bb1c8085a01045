import { MANY } from './authzen.ts';
import type { Answer } from './rolecall.ts';

export const SUBJECT = '/access/v1/search/subject';
export const RESOURCE = '/access/v1/search/resource';
export const ACTION = '/access/v1/search/action';

export interface Page {
  readonly results: readonly { readonly id?: string; readonly name?: string }[];
  readonly page: { readonly next_token: string; readonly count: number };
  readonly context?: object;
}

type Ask = (path: string, body: unknown) => Promise<Answer>;

/** All results, page by page, and how many pages there were. */
export async function searched(ask: Ask, path: string, body: object, limit = 100) {
  const found: string[] = [];
  let pages = 0;
  for (let token: string | undefined; token !== ''; pages += 1) {
    const page: object = token === undefined ? { limit } : { limit, token };
    const { status, json, text } = await ask(path, { ...body, page });
    if (status !== 200) throw new Error(text);
    const answer = json as Page;
    if (answer.results.length > limit) throw new Error('the page is larger than was asked for');
    found.push(...answer.results.map(({ id, name }) => id ?? name ?? ''));
    token = answer.page.next_token;
  }
  return { found, pages };
}

/** Those of the candidates that evaluation allows, one by one. */
export async function evaluated(
  ask: Ask,
  candidates: readonly string[],
  fill: (candidate: string) => object,
): Promise<string[]> {
  const { json } = await ask(MANY, { evaluations: candidates.map(fill) });
  const { evaluations } = json as { evaluations: readonly { decision: boolean }[] };
  return candidates.filter((_, index) => evaluations[index]?.decision === true);
}
