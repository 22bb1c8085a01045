/**
 * `timeout`: no answer in time. `unreachable`: the connection failed. `refused`: Rolecall does not take the question
 * (4xx: a wrong token, another organization's token, a malformed id). `failed`: it cannot answer now, or something else
 * answered. `unreadable`: the answer is none of Rolecall's. `not_yet`: it has not reached the revision asked for. `stale`:
 * the local copy is not there yet, or past its lag.
 */
export type UnavailableCode =
  | 'timeout'
  | 'unreachable'
  | 'refused'
  | 'failed'
  | 'unreadable'
  | 'not_yet'
  | 'stale';

/** Rolecall gave no decision. Whoever catches it denies: it says nothing about what anybody may. */
export class RolecallUnavailable extends Error {
  override readonly name = 'RolecallUnavailable';
  readonly code: UnavailableCode;

  constructor(code: UnavailableCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
