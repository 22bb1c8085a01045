import { type FailureCode, failureOf } from '../../src/http/failure.ts';
import type { Operation, Operations } from '../../src/http/openapi/operation.ts';
import type { JsonSchema } from './json-schema.ts';
import { grouped, jsonContent } from './parts.ts';

/** Those that every route of its kind has, and its own. */
export function errorsOf(route: string, { by, query, body, errors = [] }: Operation): FailureCode[] {
  const ofOrganization = by === 'app' && route.includes(':organization');
  const read = body !== undefined && by !== 'provider';
  const codes: FailureCode[] = [
    ...(by === 'anyone' || by === 'provider' ? [] : (['unauthenticated'] as const)),
    ...(by === 'session' ? (['token_cut_off', 'session_tokens_not_taken'] as const) : []),
    ...(by === 'operator' ? (['too_many_attempts'] as const) : []),
    ...(ofOrganization || (by === 'app' && read) ? (['forbidden'] as const) : []),
    ...(route.includes(':organization') ? (['invalid_identifier'] as const) : []),
    // Whoever knows no parameters refuses every one.
    ...(query !== undefined || (by === 'app' && body === undefined && !route.endsWith(':user'))
      ? (['invalid_parameter'] as const)
      : []),
    ...(read
      ? ([
          'invalid_content_type',
          'invalid_body',
          'invalid_request',
          'payload_too_large',
          'request_timeout',
        ] as const)
      : []),
    ...(by === 'anyone' ? [] : (['unavailable', 'misconfigured'] as const)),
    ...(by === 'app' || by === 'session' ? (['restoring'] as const) : []),
    ...errors,
  ];
  return [...new Set(codes)];
}

/** By status. Many routes have the same ones: those stand among the components, once. */
export function failures(codes: readonly FailureCode[]): JsonSchema {
  return Object.fromEntries(
    byStatus(codes).map(([status, those]) => [
      status,
      { $ref: `#/components/responses/${failureName(those)}` },
    ]),
  );
}

export function failureResponses(operations: Operations): JsonSchema {
  const all = Object.entries(operations).flatMap(([route, operation]) =>
    byStatus(errorsOf(route, operation)),
  );
  return Object.fromEntries(all.map(([, codes]) => [failureName(codes), failureResponse(codes)]));
}

const failureResponse = (codes: readonly FailureCode[]): JsonSchema => ({
  description: codes.map((code) => `\`${code}\`: ${failureOf(code).message}`).join(' '),
  content: jsonContent({
    allOf: [
      { $ref: '#/components/schemas/Error' },
      { properties: { error: { properties: { code: { enum: codes } } } } },
    ],
  }),
});

const failureName = (codes: readonly FailureCode[]) => codes.join('-or-');
const byStatus = (codes: readonly FailureCode[]) =>
  [...grouped(codes, (code) => failureOf(code).status)].sort(([a], [b]) => a - b);
