import type { Scope } from '../../domain/grant.ts';

/** Whom it is about, by the provider's ids. An agent that acts for a user may only what both of them may. */
export type Subject =
  | { readonly user: string; readonly agent?: never; readonly actingFor?: never }
  | { readonly agent: string; readonly actingFor?: string; readonly user?: never };

/** What it is about. */
export interface Resource {
  readonly organization: string;
  /** Who owns the row in question: for permissions that are held for one's own only. None owns it: leave it out. */
  readonly owner?: string | null | undefined;
  /** Who is assigned to it: for permissions that are held where one is assigned only. */
  readonly assignees?: readonly string[] | undefined;
  /** The resource inside the organization; the whole organization when left out. Given but undefined: refused. */
  readonly scope?: Scope | undefined;
}

/** The claims of a session token that tell whether it was cut off. */
export interface TokenTimes {
  /** `sid`. */
  readonly sessionId: string;
  /** `iat`: whole seconds. */
  readonly issuedAt: number;
}

/** May this subject do this, there, now? With `token`: and carrying this one? */
export type Question<Permission extends string = string> = Subject &
  Resource & {
    readonly permission: Permission;
    readonly token?: TokenTimes;
    /** The answer contains this change: a revision that a decision, a list or the feed has named. */
    readonly atLeastRevision?: number;
  };

/** What narrows a question where it is given, or is the question. */
const NARROWING = ['organization', 'scope', 'actingFor', 'token'] as const;

/**
 * Whether something is there and undefined, or empty. Left out of the request, a scope that is undefined by mistake would
 * make it a question about the whole organization, and a token one without cutoffs: that answer may be yes.
 */
export function isIncomplete(asked: { readonly [Name in (typeof NARROWING)[number]]?: unknown }): boolean {
  if (NARROWING.some((name) => name in asked && !asked[name])) return true;
  return asked.scope !== undefined && !isScope(asked.scope);
}

function isScope(value: unknown): value is Scope {
  if (typeof value !== 'object' || value === null) return false;
  return 'type' in value && Boolean(value.type) && 'id' in value && Boolean(value.id);
}

export function incompleteQuestion(): TypeError {
  return new TypeError(
    'The question names an organization, scope, user or token that is undefined or empty.',
  );
}

/** The request of OpenID AuthZEN 1.0. It holds ids only: no role or permission of the caller's own making. */
export function evaluationOf(question: Question): object {
  if (isIncomplete(question)) {
    throw incompleteQuestion();
  }
  const { organization, owner, assignees, scope, permission, token, atLeastRevision } = question;
  const properties = {
    ...(owner == null ? {} : { owner }),
    ...(assignees === undefined ? {} : { assignees }),
    ...(scope === undefined ? {} : { scope: { type: scope.type, id: scope.id } }),
  };
  const context = {
    ...(token === undefined ? {} : { token: { session_id: token.sessionId, issued_at: token.issuedAt } }),
    ...(atLeastRevision === undefined ? {} : { at_least_revision: atLeastRevision }),
  };
  return {
    subject: subjectOf(question),
    action: { name: permission },
    resource: {
      type: 'organization',
      id: organization,
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
    },
    ...(Object.keys(context).length === 0 ? {} : { context }),
  };
}

function subjectOf(subject: Subject): object {
  if (subject.agent === undefined) return { type: 'user', id: subject.user };
  const { agent, actingFor } = subject;
  return {
    type: 'agent',
    id: agent,
    ...(actingFor === undefined ? {} : { properties: { acting_for: actingFor } }),
  };
}
