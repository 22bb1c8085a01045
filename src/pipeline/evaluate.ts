import { decideAccess, type Known } from '../domain/decide-access.ts';
import { pairKey, type UserId } from '../domain/ids.ts';
import type { AccessDecision, Question } from '../domain/question.ts';
import type { Clock, Standing, StandingKeys, Store } from './ports.ts';

export interface Evaluator {
  readonly store: Pick<Store, 'readStanding'>;
  readonly clock: Clock;
  sleep(ms: number): Promise<void>;
}

export interface Evaluated {
  /** The latest change that all of the decisions contain. */
  readonly revision: number;
  /** What the decision on it rests on. */
  knownFor(question: Question): Known;
  /** On one of the questions that were read for; any other is denied. */
  decisionOn(question: Question): AccessDecision;
}

/**
 * A second and a half in all: a change that was seen elsewhere is committed, and only a replica could be that far behind.
 * Shorter than our own client waits for an answer, or nobody would ever be told `not_yet`.
 */
const PAUSES_MS = [20, 40, 80, 160, 300, 400, 500];

/**
 * Reads once for all questions, so that a batch never mixes two moments.
 * @param atLeastRevision a change that the decisions must contain; 0 for whatever holds now.
 */
export async function evaluate(
  { store, clock, sleep }: Evaluator,
  questions: readonly Question[],
  atLeastRevision: number,
): Promise<Evaluated | 'not_yet'> {
  const keys = keysOf(questions);
  let standing = await store.readStanding(keys);
  for (const pause of PAUSES_MS) {
    if (standing.revision >= atLeastRevision) break;
    await sleep(pause);
    standing = await store.readStanding(keys);
  }
  const read = standing;
  const now = clock.now();
  return read.revision < atLeastRevision
    ? 'not_yet'
    : {
        revision: read.revision,
        knownFor: (question) => knownOf(question, read),
        decisionOn: (question) => decideAccess(question, knownOf(question, read), now),
      };
}

/** The user whose membership counts: the subject, or for whom the agent acts. */
function userOf({ subject }: Question): UserId | null {
  return subject.type === 'user' ? subject.userId : subject.actingFor;
}

function agentKey({ organizationId, subject }: Question): string | null {
  return subject.type === 'agent' ? `${organizationId}/${subject.agentId}` : null;
}

function sessionOf({ token }: Question): string | null {
  return token === null || token === 'unreadable' ? null : token.sessionId;
}

function keysOf(questions: readonly Question[]): StandingKeys {
  const members = new Map<string, StandingKeys['members'][number]>();
  const agents = new Map<string, StandingKeys['agents'][number]>();
  const sessions = new Set<string>();
  for (const question of questions) {
    const { organizationId, subject } = question;
    const user = userOf(question);
    const session = sessionOf(question);
    if (user !== null) members.set(pairKey(organizationId, user), [organizationId, user]);
    if (subject.type === 'agent')
      agents.set(`${organizationId}/${subject.agentId}`, [organizationId, subject.agentId]);
    if (session !== null) sessions.add(session);
  }
  return { members: [...members.values()], agents: [...agents.values()], sessions: [...sessions] };
}

function knownOf(question: Question, { scopes, members, agents, sessions }: Standing): Known {
  const [user, agent, session] = [userOf(question), agentKey(question), sessionOf(question)];
  return {
    scopes,
    member: user === null ? undefined : members.get(pairKey(question.organizationId, user)),
    agent: agent === null ? undefined : agents.get(agent),
    session: session === null ? undefined : sessions.get(session),
  };
}
