import * as v from 'valibot';
import { type Operations, said, text } from './operation.ts';

export const SERVICE: Operations = {
  'POST /webhooks/clerk': {
    group: 'Provider',
    title: 'Takes one message of Clerk’s',
    description:
      'Signed as Svix signs (`svix-id`, `svix-timestamp`, `svix-signature`). A 2xx means durable; anything else that nothing was taken.',
    by: 'provider',
    body: v.record(text, v.unknown()),
    answer: v.strictObject({
      delivery: said(text, 'The message id.'),
      outcome: v.picklist(['applied', 'duplicate', 'stale', 'ignored', 'held', 'failed', 'queued']),
    }),
    errors: [
      'invalid_signature',
      'wrong_instance',
      'delivery_conflict',
      'payload_too_large',
      'request_timeout',
      'invalid_body',
    ],
  },
  'GET /healthz': {
    group: 'Service',
    title: 'Whether the process serves',
    by: 'anyone',
    answer: v.strictObject({ status: v.literal('ok') }),
  },
  'GET /readyz': {
    group: 'Service',
    title: 'Whether database, schema and Clerk instance fit together',
    by: 'anyone',
    answer: v.strictObject({ status: v.literal('ready'), instance: text }),
    errors: ['unavailable', 'misconfigured', 'schema_mismatch', 'wrong_instance_key', 'restoring'],
  },
  'GET /openapi.json': {
    group: 'Service',
    title: 'This document',
    by: 'anyone',
    answer: v.looseObject({ openapi: text }),
    errors: ['misconfigured'],
  },
};
