/**
 * `timeout`: no answer in time. `unreachable`: the connection failed. `refused`: Rolecall does not take the question
 * (4xx: a wrong token, another organization's token, a malformed id). `failed`: it cannot answer now, or something else
 * answered. `unreadable`: the answer is none of Rolecall's.
 */
export type UnavailableCode = 'timeout' | 'unreachable' | 'refused' | 'failed' | 'unreadable';

/** Rolecall gave no decision. Whoever catches it denies: it says nothing about what anybody may. */
export class RolecallUnavailable extends Error {
  override readonly name = 'RolecallUnavailable';
  readonly code: UnavailableCode;

  constructor(code: UnavailableCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
