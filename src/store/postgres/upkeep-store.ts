import * as v from 'valibot';
import type { UpkeepStore } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import type { Statements } from './client.ts';

const text = v.string();
const pause = v.object({ at: text, by: text, reason: text });
const restore = v.object({ epoch: text, since: text, reconciliation: v.number() });

export function postgresUpkeepStore(statements: Statements): UpkeepStore {
  return {
    async noteMode(mode) {
      return checked(v.boolean(), await statements.call('note_mode', { mode }));
    },
    async pauseEffects(by, reason) {
      return checked(pause, await statements.call('pause_effects', { by, reason }));
    },
    async resumeEffects(by, reason) {
      return checked(v.boolean(), await statements.call('resume_effects', { by, reason }));
    },
    async beginRestore(by, reason) {
      return checked(restore, await statements.call('begin_restore', { by, reason }));
    },
    async beginForgetting(everyMs) {
      return checked(v.boolean(), await statements.call('begin_forgetting', { everyMs }));
    },
    async putOffForgetting() {
      await statements.call('put_off_forgetting', {});
    },
    async forget(what, days, most) {
      return checked(v.number(), await statements.call('forget', { what, days, most }));
    },
  };
}
