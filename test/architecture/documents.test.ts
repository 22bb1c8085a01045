import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const DOCUMENTS = [
  'README.md',
  'docs/adopting.md',
  'docs/row-level-security.md',
  'docs/sdk.md',
  'docs/feed.md',
];

/** What the reader's own project has around a piece of code, by a name that only this piece uses. */
const SURROUNDINGS: Readonly<Record<string, string>> = {
  "createRolecall({ environment: process.env, basePath: '/rolecall' })": `
    import { Hono } from 'hono';
    const app = new Hono();`,
  'createGuard({ client': `
    import { type Context, Hono } from 'hono';
    import type policy from './policy.ts';
    const app = new Hono();
    declare const env: Record<string, string | undefined>;
    declare function invoicesOf(organization: string): object[];`,
  'fetchWithFreshToken(getToken)': `
    import { fetchWithFreshToken } from 'rolecall/client';
    declare function getToken(options?: { skipCache?: boolean }): Promise<string | null>;`,
  'client.snapshot();': `
    import { createClient } from 'rolecall/client';
    import type policy from './policy.ts';
    const client = createClient<typeof policy>({ url: '', token: '' });
    declare const userId: string;
    declare const organizationId: string;`,
  '<RolecallProvider url={rolecallUrl}': `
    import { Can, RolecallProvider } from 'rolecall/react';
    declare const rolecallUrl: string;
    declare const orgId: string | null | undefined;
    declare function getToken(options?: { skipCache?: boolean }): Promise<string | null>;
    declare function AskAnAdmin(): null;
    declare function PayButton(): null;`,
  'myOwnAnswer(user, organization)': `
    declare function myOwnAnswer(user: string, organization: string): Promise<boolean>;`,
  'asSubject(db, caller': `
    import type { Context } from 'hono';
    import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
    import type { RolecallVariables } from 'rolecall/hono';
    declare const c: Context<{ Variables: RolecallVariables }>;
    declare const db: PostgresJsDatabase;`,
  'sql.transaction([': `
    declare const claims: string;
    declare const sql: ((strings: TemplateStringsArray, ...values: string[]) => Promise<object[]>) & {
      transaction(queries: Promise<object[]>[]): Promise<object[][]>;
    };`,
  "{ owner: note.author });\\nsnapshot.can('user_…', 'org_…', 'inbox:open'": `
    declare const note: { author: string };
    declare const inbox: { people: string[] };`,
  'useCan<typeof policy>': `
    import type policy from './policy.ts';
    declare const note: { author: string };
    declare function useAuth(): {
      getToken(options?: { skipCache?: boolean }): Promise<string | null>;
      orgId: string | null | undefined;
    };
    declare function Spinner(): null;
    declare function PayButton(): null;`,
};

/** The policy that the documents' apps have, between them. */
const POLICY = `
  import { definePolicy } from 'rolecall/policy';
  const can = ['invoices:read', 'invoices:pay', 'notes:write', 'inbox:open', 'dags:push', 'tool:web_search'] as const;
  export default definePolicy({
    name: 'documents',
    permissions: { 'invoices:read': '', 'invoices:pay': '', 'notes:write': '', 'inbox:open': '', 'dags:push': '' },
    scopes: { workspace: { description: '', organizationRolesReach: true } },
    agents: { tools: { web_search: '' } },
    roles: { 'org:member': { title: '', description: '', can } },
  });`;

interface Piece {
  readonly at: string;
  readonly code: string;
}

function piecesOf(document: string): Piece[] {
  const text = readFileSync(document, 'utf8');
  return [...text.matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(({ 1: code = '', index }) => ({
    at: `${document}:${text.slice(0, index).split('\n').length}`,
    code,
  }));
}

const pieces = DOCUMENTS.flatMap(piecesOf);
const prelude = ({ code }: Piece): string =>
  Object.entries(SURROUNDINGS)
    .filter(([mark]) => code.includes(mark.replaceAll('\\n', '\n')))
    .map(([, around]) => around)
    .join('\n');

test('every piece of TypeScript in the documents compiles in a project that has what it speaks of', () => {
  const folder = resolve('test/architecture/pieces');
  const files = new Map(
    pieces.map((piece, index) => [`${folder}/${index}.tsx`, `${prelude(piece)}\n/* here */\n${piece.code}`]),
  );
  files.set(`${folder}/policy.ts`, POLICY);
  const config = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.json',
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (problem) =>
        expect.fail(ts.flattenDiagnosticMessageText(problem.messageText, ' ')),
    },
  );
  const options: ts.CompilerOptions = { ...config?.options, jsx: ts.JsxEmit.ReactJSX };
  const host = ts.createCompilerHost(options);
  const { directoryExists, fileExists, readFile, getSourceFile } = host;
  host.directoryExists = (path) => path === folder || directoryExists?.(path) === true;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = files.get(path);
    return text === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, text, languageVersion);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  const problems = [...files.keys()].flatMap((path, index) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(
      ({ messageText }) => `${pieces[index]?.at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
  expect(pieces.length).toBeGreaterThan(8);
  expect(problems).toEqual([]);
});
