import type { Context } from 'hono';
import * as v from 'valibot';
import { failure } from '../failure.ts';
import { cursorFrom, cursorTo } from '../listing/cursor.ts';
import { limit, readQuery } from '../listing/query.ts';
import type { Services } from '../services.ts';
import { readOperator, writingOperator } from './authorize.ts';
import { beginReplay } from './begin-replay.ts';
import { readNumber } from './number.ts';
import { replayJson, resultJson } from './replay-json.ts';
import { readReplayRequest } from './replay-request.ts';

const MOST_ANSWERED = 500;

const place = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2_147_483_647));
export const listParameters = { limit, cursor: cursorFrom(v.strictTuple([v.literal('replay'), place])) };
export const resultParameters = { limit, cursor: cursorFrom(v.strictTuple([v.literal('replayed'), place])) };

/** `POST /operator/v1/replays`: 200 with all that came of it, or 202 while it runs. */
export async function startReplay(c: Context, services: Services): Promise<Response> {
  const operator = writingOperator(c, services);
  if (operator instanceof Response) return operator;
  const request = await readReplayRequest(c);
  if (request instanceof Response) return request;
  const { id, ended } = await beginReplay(services, { ...request, by: operator.name });
  return answer(c, services, id, 0, MOST_ANSWERED, ended ? 200 : 202);
}

/** `GET /operator/v1/replays`: the latest first. */
export async function listReplays(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, listParameters);
  if (query instanceof Response) return query;
  const found = await services.repeater.replays.readReplays(query.cursor?.[1] ?? null, query.limit);
  const last = found.length < query.limit ? undefined : found.at(-1);
  return c.json({
    replays: found.map(replayJson),
    next: last === undefined ? null : cursorTo(['replay', last.id]),
  });
}

/** `GET /operator/v1/replays/{id}`: how far it has come, and what became of each delivery, page by page. */
export async function readReplay(c: Context, services: Services): Promise<Response> {
  const operator = readOperator(c, services);
  if (operator instanceof Response) return operator;
  const query = readQuery(c, resultParameters);
  if (query instanceof Response) return query;
  const id = readNumber(c.req.param('id'));
  if (id === null) return failure(c, 'not_found');
  return answer(c, services, id, query.cursor?.[1] ?? 0, query.limit, 200);
}

/** `POST /operator/v1/replays/{id}/cancel`: it ends before its next page; what was done stays done. */
export async function cancelReplay(c: Context, services: Services): Promise<Response> {
  const operator = writingOperator(c, services);
  if (operator instanceof Response) return operator;
  const { replays } = services.repeater;
  const id = readNumber(c.req.param('id'));
  if (id === null || (await replays.readReplay(id)) === null) return failure(c, 'not_found');
  if (!(await replays.cancelReplay(id, operator.name))) return failure(c, 'replay_ended');
  services.log.info('replay_cancelled', { replay: id, by: operator.name });
  return answer(c, services, id, 0, 1, 200);
}

async function answer(
  c: Context,
  { repeater: { replays } }: Services,
  id: number,
  after: number,
  most: number,
  status: 200 | 202,
): Promise<Response> {
  const replay = await replays.readReplay(id);
  if (replay === null) return failure(c, 'not_found');
  const results = await replays.readReplayed(id, after, most);
  const last = results.length < most ? undefined : results.at(-1);
  const next = last === undefined ? null : cursorTo(['replayed', last.position]);
  return c.json({ ...replayJson(replay), deliveries: results.map(resultJson), next }, status);
}
