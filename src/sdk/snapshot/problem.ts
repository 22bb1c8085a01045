/**
 * `unreadable`: the server said what this version does not understand; `policy_changed`: another policy is active. After
 * both nothing of the copy is believed any more. `resync_required`: the feed cannot go on from where the copy is, or a
 * fresh one is needed to stay right; the copy answers on within its bound, as after the others. `refused`: an answer that is no feed (a wrong token, an
 * error). `interrupted`: cut off. `silent`: nothing came for too long. `clock_jumped`: the machine slept, or its clock was set.
 * `listener_failed`: one of `onChange` threw, which changes nothing.
 */
export type ProblemCode =
  | 'unreadable'
  | 'policy_changed'
  | 'resync_required'
  | 'refused'
  | 'interrupted'
  | 'silent'
  | 'clock_jumped'
  | 'listener_failed';

/** Why a copy is being fetched or connected anew. Nothing has to be done about it, but somebody may want to read it. */
export class SnapshotProblem extends Error {
  override readonly name = 'SnapshotProblem';
  readonly code: ProblemCode;
  /** How long the server wants to be left alone, milliseconds. */
  readonly retryAfterMs: number;

  constructor(
    code: ProblemCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

export function unreadable(message: string): SnapshotProblem {
  return new SnapshotProblem('unreadable', message);
}
