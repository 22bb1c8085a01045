import * as v from 'valibot';
import type { ConsoleStore } from '../../pipeline/ports.ts';
import { checked } from './checked.ts';
import type { Statements } from './client.ts';

const session = v.nullable(
  v.object({ operator: v.string(), tokenSha256: v.string(), expiresAt: v.string() }),
);
const heldBefore = v.array(v.object({ revision: v.number(), permissions: v.array(v.string()) }));

export function postgresConsoleStore(statements: Statements): ConsoleStore {
  return {
    async openSession(opened) {
      await statements.call('open_console_session', opened);
    },
    async readSession(idSha256) {
      return checked(session, await statements.call('read_console_session', { idSha256 }));
    },
    async closeSession(idSha256) {
      await statements.call('close_console_session', { idSha256 });
    },
    async readHeldBefore(delivery) {
      const rows = checked(heldBefore, await statements.call('read_held_before', { delivery }));
      return new Map(rows.map(({ revision, permissions }) => [revision, permissions]));
    },
  };
}
