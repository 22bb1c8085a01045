import type { EffectEntry, InboxEntry } from '../../ports.ts';
import { explain } from '../explain.ts';
import type { Case } from './case.ts';
import { type Because, because } from './trail.ts';

/** Of what could not be believed, so many are named. */
const MOST_DELIVERIES = 3;

/** What may change the answer yet: owed, given up, waiting for an operator, or not understood. */
export function pendingWords({ provenance, question }: Case): readonly Because[] {
  const { effects, holds, deliveries, changes } = provenance;
  const latest = changes.find(({ userId }) => userId === question.userId)?.recordedAt ?? '';
  const unbelieved = deliveries.filter(
    ({ outcome, committedAt }) => outcome === 'failed' || (outcome === 'held' && committedAt > latest),
  );
  return [
    ...effects.map((effect) => effectWords(effect)),
    ...holds.map(({ id, at }) =>
      because(
        'hold_waiting',
        `A reconciliation did not find them, among too many to believe it: hold ${id} waits for an operator`,
        { delivery: null, revision: null, at, words: '' },
      ),
    ),
    ...unbelieved.slice(0, MOST_DELIVERIES).map((delivery) => deliveryWords(delivery)),
  ];
}

function effectWords(effect: EffectEntry): Because {
  const { id, kind, status, attempts, lastError, deliveryId, owedAt, userId, cutoff } = effect;
  const dead = status === 'dead';
  const what =
    kind === 'revoke_sessions'
      ? `The sessions of ${userId ?? 'the user'} from before ${cutoff ?? 'now'} are ${dead ? 'not' : 'still to be'} revoked at Clerk`
      : `Clerk is ${dead ? 'not asked any more' : 'still to be asked'} (${kind.replaceAll('_', ' ')})`;
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  const tried = attempts === 0 ? '' : `, tried ${times}: ${lastError ?? 'no error'}`;
  const text = `${what}: effect ${id} is ${status}${tried}`;
  const subject = kind === 'revoke_sessions' ? 'revocation' : 'lookup';
  return because(`${subject}_${dead ? 'dead' : 'owed'}`, text, {
    delivery: deliveryId,
    revision: null,
    at: owedAt,
    words: '',
  });
}

function deliveryWords({ id, outcome, dead, reason, type, receivedAt }: InboxEntry): Because {
  const state = dead ? 'dead' : outcome === 'held' ? 'held' : 'failed';
  const text = `Delivery ${id} (${type ?? 'of no type'}) is ${state}: ${explain(reason).replace(/\.$/, '')}`;
  return because(`delivery_${state}`, text, { delivery: id, revision: null, at: receivedAt, words: '' });
}
