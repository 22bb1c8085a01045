import { WRITER } from '../../http/support/operator.ts';
import { type Answer, answerOf, type Running } from '../../http/support/rolecall.ts';

export interface Posting {
  /** Instead of those of the console's own script; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly cookie?: string | null;
}

/** What the console's own script sends, by hand: one visitor with one cookie. */
export function visitorOf({ url }: Pick<Running, 'url'>) {
  let cookie: string | null = null;
  const visitor = {
    cookie: () => cookie,
    async get(path: string, with_: string | null = cookie): Promise<Answer> {
      const headers: Record<string, string> = with_ === null ? {} : { cookie: with_ };
      return answerOf(await fetch(`${url}/console${path}`, { headers }));
    },
    async post(
      path: string,
      fields: Readonly<Record<string, string>> | string = {},
      how: Posting = {},
    ): Promise<Answer> {
      const headers = new Headers({
        origin: new URL(url).origin,
        'rolecall-console': '1',
        'content-type': 'application/x-www-form-urlencoded',
      });
      const carried = how.cookie === undefined ? cookie : how.cookie;
      if (carried !== null) headers.set('cookie', carried);
      for (const [name, value] of Object.entries(how.headers ?? {})) {
        if (value === undefined) headers.delete(name);
        else headers.set(name, value);
      }
      const body = new URLSearchParams(fields).toString();
      return answerOf(await fetch(`${url}/console${path}`, { method: 'POST', headers, body }));
    },
    async signIn(token = WRITER): Promise<Answer> {
      const answer = await visitor.post('/sign-in', { token });
      const given = answer.headers.getSetCookie().at(-1)?.split(';')[0];
      if (answer.status === 200 && given !== undefined) cookie = given;
      return answer;
    },
  };
  return visitor;
}

export type Visitor = ReturnType<typeof visitorOf>;

/** The code of a refusal. */
export function code({ json }: Answer): string | undefined {
  return (json as { error?: { code: string } } | null)?.error?.code;
}
