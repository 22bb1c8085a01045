import { failureOf } from '../../src/http/failure.ts';
import type { Operation, Operations } from '../../src/http/openapi/operation.ts';
import { pathOf } from './document.ts';
import { errorsOf } from './failures.ts';
import { fieldsOf } from './fields.ts';
import { schemaOfAnswer, schemaOfRequest } from './json-schema.ts';

const GROUPS: readonly (readonly [Operation['group'], string])[] = [
  ['Apps', 'With `Authorization: Bearer` and a token of `ROLECALL_READ_TOKEN`.'],
  [
    'AuthZEN',
    'OpenID AuthZEN 1.0, with the same token. Unknown fields are ignored; answers carry `Rolecall-Revision`.',
  ],
  ['Operators', 'With `Authorization: Bearer` and a token of `ROLECALL_OPERATOR_TOKEN`.'],
  ['Provider', 'Signed by Clerk.'],
  ['Service', 'For anybody.'],
];

/** The reference for people, of the same descriptions that the OpenAPI document is made of. */
export function markdownOf(operations: Operations): string {
  const all = Object.entries(operations);
  return [
    '# HTTP reference',
    '',
    'Made by `npm run generate:docs` of the schemas that validate; programs read `GET /openapi.json`. Times are RFC 3339 in',
    'UTC, `?` marks what may be missing. Errors are `{"error":{"code","message"}}`; codes do not change. Any method that a',
    'path does not have is 405 `method_not_allowed`, any other path 404 `not_found`.',
    ...GROUPS.flatMap(([group, words]) => [
      '',
      `## ${group}`,
      '',
      words,
      ...all
        .filter(([, operation]) => operation.group === group)
        .flatMap(([route, operation]) => section(route, operation, all)),
    ]),
    '',
  ].join('\n');
}

function section(
  route: string,
  operation: Operation,
  all: readonly (readonly [string, Operation])[],
): string[] {
  // What is the same in two places is told once.
  const [first] = all.find(([, other]) => other === operation) ?? [route];
  if (first !== route) return [];
  const places = all.filter(([, other]) => other === operation).map(([place]) => place);
  const { title, description, query, body, bodyMayBeLeftOut, answer, accepted } = operation;
  return [
    '',
    `### ${title}`,
    '',
    ...places.map(
      (place, at) => `\`${methodOf(place)} ${pathOf(place)}\`${at < places.length - 1 ? '  ' : ''}`,
    ),
    ...(description === undefined ? [] : ['', description]),
    ...(query === undefined
      ? []
      : ['', '| parameter | |', '|---|---|', ...Object.keys(query.parameters).map(row)]),
    ...(body === undefined
      ? []
      : ['', bodyMayBeLeftOut ? 'Sent, if anything is:' : 'Sent:', '', ...fieldsOf(schemaOfRequest(body))]),
    '',
    accepted === undefined ? 'Answered:' : `Answered (202: ${accepted.slice(0, -1)}):`,
    '',
    ...fieldsOf(schemaOfAnswer(answer)),
    ...errors(route, operation),
  ];

  function row(name: string): string {
    const needed = query?.parameters[name]?.type === 'optional' ? '' : ' (needed)';
    return `| \`${name}\`${needed} | ${query?.words[name]} |`;
  }
}

function errors(route: string, operation: Operation): string[] {
  const codes = errorsOf(route, operation).toSorted((a, b) => failureOf(a).status - failureOf(b).status);
  if (codes.length === 0) return [];
  return ['', `Errors: ${codes.map((code) => `${failureOf(code).status} \`${code}\``).join(', ')}.`];
}

const methodOf = (route: string) => route.split(' ')[0] ?? '';
