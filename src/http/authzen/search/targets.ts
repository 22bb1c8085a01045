import { placeOf } from '../../../domain/decide-access.ts';
import { EVERY } from '../../../domain/grant.ts';
import { isIdentifier, isUserId } from '../../../domain/ids.ts';
import type { Question } from '../../../domain/question.ts';
import type { Evaluated } from '../../../pipeline/evaluate.ts';
import type { SearchStore } from '../../../pipeline/ports.ts';
import { among, type Search } from '../../../pipeline/search/search.ts';
import { type Asker, namedBeside } from '../read-question.ts';
import type { Evaluation } from '../shapes.ts';
import type { ActionSearch, ResourceSearch, SubjectSearch } from './shapes.ts';

/** What is searched for: what an evaluation would ask about each, and where they are found. */
export interface Target {
  readonly fill: (candidate: string) => Evaluation;
  /** A candidate to ask about in the place of all: what is wrong with the request, is wrong with this one. */
  readonly probe: string;
  readonly resultOf: (found: string) => object;
  readonly candidates: (known: Evaluated, question: Question, searches: SearchStore) => Candidates;
}

interface Candidates {
  readonly candidates: Search['candidates'];
  /** The subject may everywhere: there are more than could be listed. */
  readonly everywhere?: boolean;
}

/** Any id: of no user, agent or permission that there is. */
const ANY = 'any';

export function subjectTarget(request: SubjectSearch): Target {
  const { type } = request.subject;
  return {
    fill: (id) => ({ ...request, subject: { ...request.subject, id } }),
    probe: ANY,
    resultOf: (id) => ({ type, id }),
    candidates(known, question, searches) {
      const { organizationId, permission, ownerId, assignees } = question;
      if (type === 'agent')
        return { candidates: (after, limit) => searches.findAgents({ organizationId, after, limit }) };
      const scope = placeOf(question, known.knownFor(question));
      const named = [ownerId, ...assignees].filter(isUserId);
      // What nobody could hold is not brought to the database.
      if (!isIdentifier(permission) || (scope !== null && !isIdentifier(scope.id))) return NOBODY;
      if (scope !== null && !isIdentifier(scope.type)) return NOBODY;
      const wanted = { organizationId, permission, scope, named };
      return { candidates: (after, limit) => searches.findHolders({ ...wanted, after, limit }) };
    },
  };
}

export function actionTarget(request: ActionSearch): Target {
  return {
    fill: (name) => ({ ...request, action: { name } }),
    probe: ANY,
    resultOf: (name) => ({ name }),
    candidates(known, question) {
      const { member, agent } = known.knownFor(question);
      const held = member?.grants.map(({ permission }) => permission) ?? [];
      return { candidates: among(question.subject.type === 'agent' ? (agent?.permissions ?? []) : held) };
    },
  };
}

export function resourceTarget(request: ResourceSearch, asker: Asker): Target {
  const { type } = request.resource;
  const [named = asker.token.organization] = namedBeside(request, asker);
  const isOrganization = type === 'organization';
  return {
    fill: (id) => ({ ...request, resource: { ...request.resource, id } }),
    probe: isOrganization ? (named ?? ANY) : ANY,
    resultOf: (id) => ({ type, id }),
    candidates: (known, question, searches) =>
      isOrganization ? organizations(named, question, searches) : resources(known, question, searches),
  };
}

function organizations(named: string | null, { subject }: Question, searches: SearchStore): Candidates {
  if (named !== null) return { candidates: among([named]) };
  // Agents are called what their organization calls them: without one, nobody is meant.
  const userId = subject.type === 'user' ? subject.userId : subject.actingFor;
  if (userId === null) return NOBODY;
  return { candidates: (after, limit) => searches.findOrganizations({ userId, after, limit }) };
}

/** Only types that the policy knows as scopes have resources that are known here. */
function resources(known: Evaluated, question: Question, searches: SearchStore): Candidates {
  const { organizationId, resource } = question;
  const { type } = resource;
  const { scopes, member } = known.knownFor(question);
  if (!scopes.includes(type)) return NOBODY;
  const everywhere = known.decisionOn({ ...question, resource: { type, id: EVERY } }).allowed;
  if (everywhere) {
    const wanted = { organizationId, type };
    return { everywhere, candidates: (after, limit) => searches.findResources({ ...wanted, after, limit }) };
  }
  const places = member?.grants.flatMap(({ scope }) => (scope?.type === type ? [scope.id] : [])) ?? [];
  return { candidates: among(places.filter((id) => id !== EVERY)) };
}

const NOBODY: Candidates = { candidates: among([]) };
