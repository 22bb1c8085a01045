import type { Route } from '../http/app.ts';
import { ASSETS } from './assets.ts';
import { audit } from './pages/audit.ts';
import { deliveries } from './pages/deliveries.ts';
import { delivery } from './pages/delivery.ts';
import { effects } from './pages/effects.ts';
import { holds } from './pages/holds.ts';
import { members } from './pages/members.ts';
import { reconciliation } from './pages/reconciliation.ts';
import { reconciliations } from './pages/reconciliations.ts';
import { replay } from './pages/replay.ts';
import { replays } from './pages/replays.ts';
import { status } from './pages/status.ts';
import { pause, resume, retry, retrySeveral } from './writes/effects.ts';
import { approve, reject } from './writes/holds.ts';
import { cancelComparison, compare } from './writes/reconciliations.ts';
import { cancel, preview, run } from './writes/replays.ts';
import { signIn, signOut } from './writes/sign-in.ts';

/** The operators' pages, and what can be done from them. */
export const CONSOLE_ROUTES: readonly Route[] = [
  ...ASSETS,
  ...status,
  deliveries,
  delivery,
  replays,
  replay,
  effects,
  holds,
  members,
  reconciliations,
  reconciliation,
  audit,
  signIn,
  signOut,
  preview,
  run,
  cancel,
  retry,
  retrySeveral,
  pause,
  resume,
  approve,
  reject,
  compare,
  cancelComparison,
];
