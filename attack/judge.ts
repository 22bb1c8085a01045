import { type Attack, refusalOf } from './attack.ts';
import type { Exchange } from './wire.ts';

/** The promises that an attack can break. */
export const BREACHES = ['accepted', 'error', 'undocumented', 'unanswered', 'told'] as const;
export type Breach = (typeof BREACHES)[number];

export interface Verdict {
  readonly breach: Breach;
  /** What was seen, without anything secret. */
  readonly seen: string;
}

/** What the HTTP parser of the server answers by itself, before there is a request: a status and nothing else. */
const BY_THE_PARSER: ReadonlySet<number> = new Set([400, 408, 413, 414, 417, 426, 431, 501, 505]);

/** Sent behind an attack on the framing; its answer is known by this id. */
export const LAST_REQUEST = 'last-of-this-connection';

/**
 * What is wrong with what came back; null where nothing is.
 * @param find names the secret that a text holds.
 */
export function judge(
  attack: Attack,
  { answers, raw, end }: Exchange,
  find: (text: string) => string | null,
): Verdict | null {
  const told = find(raw);
  if (told !== null) return { breach: 'told', seen: `an answer held a part of ${told}` };
  const own = answers.filter(({ headers }) => headers.get('x-request-id') !== LAST_REQUEST);
  // A connection that is closed on whoever cannot be understood is a refusal; silence is none.
  if (own.length === 0 && end === 'silent' && attack.mostAnswers === undefined)
    return { breach: 'unanswered', seen: 'no answer came' };
  if (own.length === 0 && attack.mostAnswers === undefined)
    return { breach: 'unanswered', seen: 'the connection was closed without an answer' };
  const most = attack.mostAnswers ?? 1;
  if (own.length > most)
    return { breach: 'accepted', seen: `${own.length} answers came, to at most ${most} requests` };
  for (const answer of own) {
    if (answer.status >= 500) return { breach: 'error', seen: refusalOf(answer) };
    const byParser = answer.text === '' && BY_THE_PARSER.has(answer.status);
    if (byParser) continue;
    if (!attack.isHarmless(answer)) return { breach: 'accepted', seen: said(refusalOf(answer), answer.text) };
    const refusal = refusalOf(answer);
    const coded = refusal.includes(' ');
    const page = answer.headers.get('content-type')?.startsWith('text/html') ?? false;
    const documented =
      answer.status < 400 ||
      answer.text === '' ||
      (page && attack.route.asks === 'console') ||
      (coded && (attack.mostAnswers !== undefined || attack.route.refusals.has(refusal)));
    if (!documented) return { breach: 'undocumented', seen: said(refusal, answer.text) };
  }
  return null;
}

function said(refusal: string, text: string): string {
  return `${refusal} ${JSON.stringify(text.slice(0, 160))}`;
}
