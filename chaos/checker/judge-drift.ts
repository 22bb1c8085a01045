import * as v from 'valibot';
import type { Evidence, Finding } from './run.ts';
import { pairOf } from './truth.ts';

const text = v.nullable(v.string());
export const Difference = v.object({ kind: v.string(), organization: text, user: text, subject: text });
export type Difference = v.InferOutput<typeof Difference>;

/** Once everything that was sent has been taken, only what was never sent can still be otherwise. */
export function judgeDrift(
  { history, lost }: Pick<Evidence, 'history' | 'lost'>,
  found: readonly Difference[],
): Finding {
  const untold = new Set(
    history
      .filter(({ events }) => events.some(({ id }) => lost.has(id)))
      .flatMap(({ writes }) => writes.flatMap(subjectsOf(history))),
  );
  const explained = ({ organization, user, subject }: Difference): boolean =>
    [pairOf(organization ?? '', user ?? ''), organization, user, subject].some(
      (one) => one !== null && untold.has(one),
    );
  return {
    promise: 'reconciling finds nothing but what was never sent',
    checked: found.length,
    broken: found.filter((one) => !explained(one)).map((one) => JSON.stringify(one)),
  };
}

type Write = Evidence['history'][number]['writes'][number];

/** Whom a write is about: of a membership the pair, also where it ends and nothing but its id is written. */
const subjectsOf =
  (history: Evidence['history']) =>
  (write: Write): string[] => {
    if (write.table !== 'memberships')
      return [write.id, ...(write.table === 'roles' && write.value !== null ? [write.value.key] : [])];
    return history.flatMap(({ writes }) =>
      writes.flatMap((one) =>
        one.table === 'memberships' && one.id === write.id && one.value !== null
          ? [pairOf(one.value.organizationId, one.value.userId)]
          : [],
      ),
    );
  };
