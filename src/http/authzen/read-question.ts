import * as v from 'valibot';
import { isIdentifier, isOrganizationId, isUserId } from '../../domain/ids.ts';
import type { DenialReason, Question, Subject } from '../../domain/question.ts';
import type { AccessToken } from '../bearer.ts';
import { readPresentedToken } from './presented-token.ts';
import { type Evaluation, evaluation, problemOf } from './shapes.ts';

/** Who asks, and through which door. */
export interface Asker {
  readonly token: AccessToken;
  /** The organization of the path; null at the root. */
  readonly tenant: string | null;
}

/** A question for the store, or what can be said without it. */
export type Asked =
  | { readonly question: Question; readonly atLeastRevision: number }
  | { readonly denied: DenialReason }
  | { readonly refused: 'forbidden' }
  | { readonly refused: 'invalid_request'; readonly problem: string };

export function readQuestion(input: unknown, asker: Asker): Asked {
  const read = v.safeParse(evaluation, input);
  if (!read.success) return { refused: 'invalid_request', problem: problemOf(read.issues) };
  return questionOf(read.output, asker);
}

/** What a request that could be read asks. */
export function questionOf(
  request: Evaluation,
  asker: Asker,
): Exclude<Asked, { readonly refused: 'invalid_request' }> {
  const { subject, action, resource, context } = request;
  const named = organizationsNamed(request, asker);
  const [organization] = named;
  if (organization === undefined) return { denied: 'organization_missing' };
  if (named.size > 1) return { denied: 'organization_conflict' };
  if (asker.token.organization !== null && asker.token.organization !== organization)
    return { refused: 'forbidden' };

  const whoever = subjectOf(subject);
  if (typeof whoever === 'string') return { denied: whoever };
  if (!isOrganizationId(organization))
    return { denied: whoever.type === 'user' ? 'not_a_member' : 'not_an_agent' };
  const { properties } = resource;
  return {
    question: {
      organizationId: organization,
      subject: whoever,
      permission: action.name,
      resource: { type: resource.type, id: resource.id },
      scope: properties.scope ?? null,
      ownerId: properties.owner ?? null,
      assignees: properties.assignees ?? [],
      token: readPresentedToken(context.token),
    },
    atLeastRevision: context.at_least_revision,
  };
}

/** Every organization that path and question name: they must be one. */
function organizationsNamed(request: Evaluation, asker: Asker): ReadonlySet<string> {
  const { type, id } = request.resource;
  return new Set([...namedBeside(request, asker), ...(type === 'organization' ? [id] : [])]);
}

/** Those that are named other than by being the resource. */
export function namedBeside(
  { resource: { properties }, context }: Pick<Evaluation, 'context'> & { readonly resource: Named },
  { tenant }: Asker,
): readonly string[] {
  const names = [
    tenant,
    properties.organization,
    properties.scope?.type === 'organization' ? properties.scope.id : undefined,
    context.organization,
  ];
  return names.filter((name) => typeof name === 'string');
}

type Named = Pick<Evaluation['resource'], 'properties'>;

/** Ids that the provider could not have made belong to nobody, and are not asked about. */
function subjectOf({ type, id, properties }: Evaluation['subject']): Subject | DenialReason {
  if (type === 'user') return isUserId(id) ? { type, userId: id } : 'not_a_member';
  if (type !== 'agent') return 'unknown_subject_type';
  if (!isIdentifier(id)) return 'not_an_agent';
  const { acting_for: user } = properties;
  if (user === undefined) return { type, agentId: id, actingFor: null };
  return isUserId(user) ? { type, agentId: id, actingFor: user } : 'not_a_member';
}
