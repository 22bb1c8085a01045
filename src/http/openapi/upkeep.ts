import * as v from 'valibot';
import { pauseBody, resumeBody } from '../operator/upkeep-routes.ts';
import { instant, type Operations, said, text } from './operation.ts';

export const UPKEEP: Operations = {
  'POST /operator/v1/effects/pause': {
    group: 'Operators',
    title: 'Revokes no session any more, in any process',
    description: 'Cutoffs and lookups go on. What was paused before stays so, with its first reason.',
    by: 'operator',
    body: pauseBody,
    answer: v.strictObject({
      effects_paused: v.strictObject({ at: instant, by: said(text, 'Who paused them first.'), reason: text }),
    }),
    errors: ['read_only'],
  },
  'POST /operator/v1/effects/resume': {
    group: 'Operators',
    title: 'Carries out the revocations that have gathered',
    by: 'operator',
    body: resumeBody,
    answer: v.strictObject({ effects_paused: v.null() }),
    errors: ['read_only'],
  },
};
