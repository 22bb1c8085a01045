import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { postgresStatements, type Statements } from '../../src/store/postgres/client.ts';
import { freshDatabase } from '../setup/fresh-database.ts';
import { column } from '../support/rig.ts';
import { recording, repeat, type Said, shapeOf } from './support/conversation.ts';
import { playRelease } from './support/release-scene.ts';

/**
 * What each release says to its database, and what it offers there to others, as it was recorded when it was made:
 * `ROLECALL_RECORD_RELEASE=1 npx vitest run test/store/upgrade.test.ts`, before the version is raised.
 */
const RELEASES = fileURLToPath(new URL('../fixtures/releases/', import.meta.url));

const { version } = manifest;
const isRecording = process.env['ROLECALL_RECORD_RELEASE'] !== undefined;

/** Until a version is out, what it says may change. */
const NOT_RELEASED = `If ${version} is not released yet, record it anew: ROLECALL_RECORD_RELEASE=1`;

interface Recorded {
  readonly release: string;
  readonly schemaVersion: number;
  readonly offered: readonly string[];
  readonly said: readonly Said[];
}

/** What apps ask with in SQL: functions with their arguments and answers, columns of views. */
async function offered(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql`
    select p.oid::regprocedure::text || ' ' || pg_get_function_identity_arguments(p.oid) || ' returns '
           || pg_get_function_result(p.oid) as one
      from pg_proc p, aclexplode(p.proacl) a
     where p.pronamespace = 'rolecall'::regnamespace
       and pg_get_userbyid(a.grantee) in ('rolecall_reader', 'rolecall_subject')
    union
    select c.relname || '.' || t.attname || ' ' || format_type(t.atttypid, t.atttypmod)
      from pg_class c join pg_attribute t on t.attrelid = c.oid and t.attnum > 0, aclexplode(c.relacl) a
     where c.relnamespace = 'rolecall'::regnamespace and pg_get_userbyid(a.grantee) = 'rolecall_reader'
    union
    select p.oid::regprocedure::text || ' returns ' || pg_get_function_result(p.oid)
      from pg_proc p where p.oid = 'rolecall.snapshot(jsonb)'::regprocedure
    order by 1`;
  return column(rows, 'one') as string[];
}

function releases(): Recorded[] {
  return readdirSync(RELEASES)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => {
      const [head = '', ...lines] = readFileSync(`${RELEASES}${file}`, 'utf8').trim().split('\n');
      const said = lines.map((line) => JSON.parse(line) as Said);
      return { ...(JSON.parse(head) as Omit<Recorded, 'said'>), said };
    });
}

let databases: { url: string; drop(): Promise<void> }[];
let open: { end(): Promise<void> }[];
async function database(): Promise<{ statements: Statements; sql: postgres.Sql; url: string }> {
  const made = await freshDatabase();
  databases.push(made);
  const statements = postgresStatements(made.url, { connections: 1 });
  const sql = postgres(made.url, { max: 1 });
  open.push(statements, sql);
  return { statements, sql, url: made.url };
}

let said: readonly Said[];
beforeAll(async () => {
  databases = [];
  open = [];
  const { statements, sql, url } = await database();
  const recorder = recording(statements);
  await playRelease(recorder, url);
  said = recorder.said;
  if (isRecording) {
    const { schemaVersion } = v.parse(
      v.object({ schemaVersion: v.number() }),
      await statements.call('read_readiness', {}),
    );
    const head = { release: version, schemaVersion, offered: await offered(sql) };
    const lines = [head, ...said].map((line) => JSON.stringify(line));
    writeFileSync(`${RELEASES}${version}.jsonl`, `${lines.join('\n')}\n`);
  }
});
afterAll(async () => {
  await Promise.all(open.map((one) => one.end()));
  await Promise.all(databases.map((one) => one.drop()));
});

describe('a release before this one, on the schema of this one', () => {
  // What is recorded anew was read before.
  it.each(
    releases()
      .filter(({ release }) => !isRecording || release !== version)
      .map((one) => [one.release, one] as const),
  )('%s says what it says, and is answered as it expects', async (_, release) => {
    const { statements, sql } = await database();
    const { oldestCode } = v.parse(
      v.object({ oldestCode: v.number() }),
      await statements.call('read_readiness', {}),
    );
    // One that the schema says does not work on it any more refuses to be ready, and need not.
    if (release.schemaVersion < oldestCode) return;
    const hint = release.release === version ? NOT_RELEASED : '';
    expect(await repeat(statements, release.said), hint).toEqual([]);
    expect(await offered(sql)).toEqual(expect.arrayContaining([...release.offered]));
  });

  it('is recorded, the present one too, until the next one is begun', () => {
    expect(releases().map(({ release }) => release)).toContain(version);
  });
});

describe('the recording', () => {
  it('holds every statement that the code has', async () => {
    const files = readdirSync(new URL('../../src/store/postgres/', import.meta.url)).filter(
      (one) => one.endsWith('-store.ts') || one === 'store.ts',
    );
    const known = files.flatMap((file) => {
      const text = readFileSync(new URL(`../../src/store/postgres/${file}`, import.meta.url), 'utf8');
      return [...text.matchAll(/(?:call|step)\(\s*'([a-z_]+)'/g)].map(([, name]) => name ?? '');
    });
    const unsaid = [...new Set(known)].filter((name) => !said.some((one) => one.name === name));
    expect(unsaid).toEqual([]);
  });

  it('repeated on another database is answered the same', async () => {
    const { statements } = await database();
    expect(await repeat(statements, said)).toEqual([]);
  });

  it.each<[string, unknown, unknown, string[]]>([
    ['something more', { a: 1 }, { a: 1, b: 2 }, []],
    ['something gone', { a: { b: 1 } }, { a: {} }, ['f.a.b is gone']],
    ['another kind', { a: [1] }, { a: ['1'] }, ['f.a[]: number is now string']],
    ['nothing any more', { a: 'x' }, { a: null }, ['f.a: string is now null']],
    ['a list no more', [{ a: 1 }], { a: 1 }, ['f: a list is now an object']],
  ])('finds %s', async (_, then, now, problems) => {
    const answers = { end: async () => undefined, call: async () => now };
    const asked = [{ name: 'f', argument: {}, answer: shapeOf(then) }];
    expect(await repeat(answers, asked)).toEqual(problems);
  });
});
