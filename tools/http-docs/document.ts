import type { Operation, Operations } from '../../src/http/openapi/operation.ts';
import { errorsOf, failureResponses, failures } from './failures.ts';
import { type JsonSchema, schemaOfAnswer, schemaOfRequest } from './json-schema.ts';
import { grouped, jsonContent } from './parts.ts';

/** The OpenAPI 3.1 document of these routes. */
export function openapiOf(operations: Operations) {
  const paths = grouped(Object.entries(operations), ([route]) => pathOf(route));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rolecall',
      version: '1',
      description:
        'Who may do what, as Clerk has told it. Times are RFC 3339 in UTC. Every answer is about now: cache-control is no-store. An `X-Request-ID` comes back with its answer.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Where the document was found, below a base path too.
    servers: [{ url: '.' }],
    paths: Object.fromEntries(
      [...paths].map(([path, routes]) => [
        path,
        Object.fromEntries(
          routes.map(([route, operation]) => [methodOf(route), operationObject(route, operation)]),
        ),
      ]),
    ),
    components: {
      schemas: { Error: ERROR },
      responses: failureResponses(operations),
      securitySchemes: {
        app: { type: 'http', scheme: 'bearer', description: 'A token of ROLECALL_READ_TOKEN.' },
        session: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A session token of Clerk’s.',
        },
        operator: { type: 'http', scheme: 'bearer', description: 'A token of ROLECALL_OPERATOR_TOKEN.' },
      },
    },
  };
}

const ERROR = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string', description: 'What programs look at: it does not change.' },
        message: { type: 'string', description: 'What people read. It names no value that was sent.' },
      },
      required: ['code', 'message'],
    },
  },
  required: ['error'],
};

function operationObject(route: string, operation: Operation): JsonSchema {
  const { title, description, group, body, bodyMayBeLeftOut, answer, accepted, media } = operation;
  return {
    operationId: operationId(route),
    summary: title,
    ...(description === undefined ? {} : { description }),
    tags: [group],
    security: operation.by !== 'anyone' && operation.by !== 'provider' ? [{ [operation.by]: [] }] : [],
    parameters: [...pathParameters(route), ...queryParameters(operation)],
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: bodyMayBeLeftOut !== true, content: jsonContent(schemaOfRequest(body)) },
        }),
    responses: {
      200: { description: title, content: jsonContent(schemaOfAnswer(answer), media) },
      ...(accepted === undefined
        ? {}
        : { 202: { description: accepted, content: jsonContent(schemaOfAnswer(answer)) } }),
      ...failures(errorsOf(route, operation)),
    },
  };
}

function pathParameters(route: string): JsonSchema[] {
  return [...pathOf(route).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_WORDS[name] ?? name,
    schema: { type: 'string' },
  }));
}

const PATH_WORDS: Readonly<Record<string, string>> = {
  organization: 'Clerk’s id of the organization, org_….',
  user: 'Clerk’s id of the user, user_….',
  id: 'As the list tells it.',
};

function queryParameters({ query }: Operation): JsonSchema[] {
  return Object.entries(query?.parameters ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: schema.type !== 'optional',
    description: query?.words[name],
    schema: schemaOfRequest(schema),
  }));
}

const methodOf = (route: string) => (route.split(' ')[0] ?? '').toLowerCase();
/** `/a/{b}` of `GET /a/:b`. */
export const pathOf = (route: string) => (route.split(' ')[1] ?? '').replaceAll(/:(\w+)/g, '{$1}');

function operationId(route: string): string {
  const words = route.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word, at) => (at === 0 ? word.toLowerCase() : capital(word))).join('');
}

const capital = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
