import type { Context } from 'hono';
import * as v from 'valibot';
import { failure } from '../failure.ts';
import { readJson } from '../json.ts';
import type { Services } from '../services.ts';
import { writingOperator } from './authorize.ts';
import { reason } from './reason.ts';

export const pauseBody = v.strictObject({ reason: v.pipe(reason, v.minLength(1)) });
export const resumeBody = v.strictObject({ reason: v.optional(reason, '') });

/** `POST /operator/v1/effects/pause`: no process revokes a session from now on; lookups go on. */
export async function pauseEffects(c: Context, services: Services): Promise<Response> {
  const operator = writingOperator(c, services);
  if (operator instanceof Response) return operator;
  const json = await readJson(c);
  if (json instanceof Response) return json;
  const read = v.safeParse(pauseBody, json.body);
  if (!read.success) return failure(c, 'invalid_request', {}, 'A pause has a "reason", on one line.');
  const pause = await services.upkeep.pauseEffects(operator.name, read.output.reason);
  services.log.warn('effects_paused', { by: operator.name });
  return c.json({ effects_paused: pause });
}

/** `POST /operator/v1/effects/resume`: what has gathered is carried out. */
export async function resumeEffects(c: Context, services: Services): Promise<Response> {
  const operator = writingOperator(c, services);
  if (operator instanceof Response) return operator;
  const json = await readJson(c);
  if (json instanceof Response) return json;
  const read = v.safeParse(resumeBody, json.body);
  if (!read.success) return failure(c, 'invalid_request', {}, 'It has a "reason", on one line, or {}.');
  await services.upkeep.resumeEffects(operator.name, read.output.reason);
  services.log.info('effects_resumed', { by: operator.name });
  services.dispatchSoon();
  return c.json({ effects_paused: null });
}
