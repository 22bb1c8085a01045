import * as v from 'valibot';
import { unreadable } from './problem.ts';

const text = v.pipe(v.string(), v.minLength(1));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const instant = v.pipe(
  v.string(),
  v.transform((iso) => Date.parse(iso)),
  v.number(),
);
const cutoff = v.optional(v.nullable(instant), null);
const scope = v.strictObject({ type: text, id: text });

// Strict: a condition that this version does not know would be left out, and the grant be a wider one.
const grant = v.strictObject({
  permission: text,
  only: v.nullish(v.picklist(['own', 'assigned'])),
  scope: v.nullish(scope),
});
const grants = v.array(grant);
const featured = v.record(text, grants);
const scopes = v.record(text, v.object({ organization_roles_reach: v.boolean() }));
const roles = { roles: v.optional(v.array(v.object({ role: text, scope })), []) };
const waitingRoles = v.object({ role: text, ...roles });
const holding = {
  ...roles,
  contested: v.optional(v.boolean(), false),
  waiting: v.optional(v.array(waitingRoles), []),
};

/** What somebody or a role may do, as the server writes it. */
export type SentGrant = v.InferOutput<typeof grant>;

const LINES = {
  snapshot: v.object({
    epoch: text,
    revision: count,
    scopes,
    at: instant,
  }),
  role: v.object({ role: text, scope: text, grants, featured: v.optional(featured, {}), cutoff }),
  organization: v.object({
    organization: text,
    features: v.optional(v.array(text), []),
    agents: v.optional(v.record(text, v.array(text)), {}),
    cutoff,
  }),
  member: v.object({
    organization: text,
    user: text,
    role: text,
    ...holding,
    cutoff,
  }),
  former_member: v.object({ organization: text, user: text, cutoff: instant }),
  user: v.object({ user: text, suspended: v.optional(v.boolean(), false), cutoff }),
  session: v.object({ session: text, ended: v.literal(true) }),
  end: v.object({ revision: count, members: count }),
};

type LineKind = keyof typeof LINES;
/** What a member's access rests on, as the server writes it; what anybody holds is derived from it, here as there. */
export interface SentHolding extends v.InferOutput<typeof waitingRoles> {
  readonly contested: boolean;
  readonly waiting: readonly v.InferOutput<typeof waitingRoles>[];
}

/** One line of a snapshot, by its kind. */
export type Line = { [Kind in LineKind]: { kind: Kind } & v.InferOutput<(typeof LINES)[Kind]> }[LineKind];

const about = {
  revision: count,
  cutoff: v.nullish(
    v.object({
      of: v.picklist(['session', 'member', 'user', 'role', 'organization']),
      id: text,
      at: instant,
    }),
    null,
  ),
};
const ofMember = v.object({
  ...about,
  kind: v.picklist(['granted', 'reduced', 'removed', 'withheld', 'cut_off']),
  organization: text,
  user: text,
  role: v.nullable(text),
  ...holding,
  suspended: v.optional(v.boolean(), false),
});
const ofUser = v.object({
  ...about,
  kind: v.picklist(['suspended', 'restored', 'password_changed', 'user_deleted']),
  user: text,
});
const CHANGES = v.variant('kind', [
  ofMember,
  ofUser,
  v.object({
    ...about,
    kind: v.literal('role_changed'),
    role: text,
    scope: v.nullish(text),
    permissions: grants,
    featured: v.optional(featured, {}),
  }),
  v.object({
    ...about,
    kind: v.literal('policy_changed'),
    unsure: v.optional(v.picklist(['resources', 'everything']), 'everything'),
  }),
  v.object({ ...about, kind: v.literal('organization_deleted'), organization: text }),
  v.object({ ...about, kind: v.literal('features_changed'), organization: text, features: v.array(text) }),
  v.object({
    ...about,
    kind: v.literal('agent_changed'),
    organization: text,
    agent: text,
    permissions: grants,
  }),
  v.object({ ...about, kind: v.literal('session_ended') }),
]);

/** One entry of the feed. */
export type SentChange = v.InferOutput<typeof CHANGES>;
export type MemberChange = v.InferOutput<typeof ofMember>;

const PAGE = v.object({ epoch: text, changes: v.array(v.unknown()), next: count });

/** @throws SnapshotProblem for a kind that is not known, or is not what this version knows it as. */
export function readLine(line: string): Line {
  const input = parse(line);
  const kind = kindOf(input);
  switch (kind) {
    case 'snapshot':
      return { kind, ...valid(LINES[kind], input, kind) };
    case 'role':
      return { kind, ...valid(LINES[kind], input, kind) };
    case 'organization':
      return { kind, ...valid(LINES[kind], input, kind) };
    case 'member':
      return { kind, ...valid(LINES[kind], input, kind) };
    case 'former_member':
      return { kind, ...valid(LINES[kind], input, kind) };
    case 'user':
      return { kind, ...valid(LINES[kind], input, kind) };
    case 'session':
      return { kind, ...valid(LINES[kind], input, kind) };
    case 'end':
      return { kind, ...valid(LINES[kind], input, kind) };
    default:
      throw unreadable('a line of an unknown kind');
  }
}

export function readChange(json: string): SentChange {
  return valid(CHANGES, parse(json), 'change');
}

/** One answer of `GET /v1/changes`. */
export function readPage(json: string): {
  readonly epoch: string;
  readonly changes: readonly SentChange[];
  readonly next: number;
} {
  const { epoch, changes, next } = valid(PAGE, parse(json), 'page');
  return { epoch, changes: changes.map((change) => valid(CHANGES, change, 'change')), next };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw unreadable('something that is no JSON');
  }
}

function kindOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined;
}

/** The place that is wrong is named, never the value. */
function valid<Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
  what: string,
): v.InferOutput<Schema> {
  const read = v.safeParse(schema, input);
  if (read.success) return read.output;
  throw unreadable(`a ${what} that cannot be read: ${v.getDotPath(read.issues[0]) ?? 'it'}`);
}
