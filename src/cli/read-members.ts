import * as v from 'valibot';
import { isOrganizationId, isUserId } from '../domain/ids.ts';
import type { BelievedMember } from '../pipeline/compare-members.ts';

/** Characters. What has no line breaks is no list, and is not to be kept until its end. */
const LONGEST_LINE = 10_000;

type Row = Readonly<Record<string, unknown>>;
const Row = v.record(v.string(), v.unknown());

/**
 * Reads a list of members, one a line: JSON objects, or CSV of `organization,user,role`, where a first line may name the
 * columns. The columns may also be called `organization_id` and `user_id`; others are passed over.
 * @throws Error naming the line that cannot be read.
 */
export async function* readMembers(
  input: AsyncIterable<string>,
): AsyncGenerator<BelievedMember, void, undefined> {
  let read: ((line: string) => Row) | null = null;
  let number = 0;
  for await (const line of linesOf(input)) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      if (line.length > LONGEST_LINE) throw new Error('it is too long');
      if (read === null) {
        const columns = line.startsWith('{') ? null : fieldsOf(line);
        const isHeader = columns !== null && isNamed(Object.fromEntries(columns.map((name) => [name, name])));
        read = columns === null ? jsonRow : csvRow(isHeader ? columns : ['organization', 'user', 'role']);
        if (isHeader) continue;
      }
      yield memberOf(read(line));
    } catch (error) {
      throw new Error(`line ${number} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }
}

async function* linesOf(input: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const text of input) {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > LONGEST_LINE) break;
  }
  if (rest !== '') yield rest;
}

function jsonRow(line: string): Row {
  try {
    return v.parse(Row, JSON.parse(line));
  } catch {
    throw new Error('it is no JSON object');
  }
}

function csvRow(columns: readonly string[]): (line: string) => Row {
  return (line) => {
    const fields = fieldsOf(line);
    if (fields.length > columns.length) throw new Error(`it has more than ${columns.length} columns`);
    return Object.fromEntries(fields.map((field, index) => [columns[index] ?? '', field]));
  };
}

/** Fields may be quoted, and then hold commas, and quotes written twice. */
function fieldsOf(line: string): string[] {
  const found = [...line.replace(/^\uFEFF/, '').matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)];
  const [whole, fields] = [found.map(([text]) => text).join(''), found.map(fieldOf)];
  if (whole !== line.replace(/^\uFEFF/, '')) throw new Error('its quotes do not match');
  return fields;
}

function fieldOf([, quoted, plain]: RegExpExecArray): string {
  return quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"');
}

const organizationOf = (row: Row): unknown => row['organization'] ?? row['organization_id'];
const userOf = (row: Row): unknown => row['user'] ?? row['user_id'];

function isNamed(row: Row): boolean {
  return organizationOf(row) !== undefined && userOf(row) !== undefined;
}

function memberOf(row: Row): BelievedMember {
  const [organization, user, role] = [organizationOf(row), userOf(row), row['role'] ?? ''];
  if (!isOrganizationId(organization)) throw new Error('it names no organization');
  if (!isUserId(user)) throw new Error('it names no user');
  if (typeof role !== 'string') throw new Error('its role is no text');
  return { organization, user, role: role === '' ? null : role };
}
