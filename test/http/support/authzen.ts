import { type Answer, answerOf, READ_TOKEN } from './rolecall.ts';

export interface Asking {
  /** Null sends none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

type Send = (request: Request) => Response | Promise<Response>;

/** Posts questions as they are given: objects as JSON, anything else as it is. */
export const asker =
  (base: string, send: Send = fetch) =>
  async (path: string, body: unknown, { token = READ_TOKEN, headers = {} }: Asking = {}): Promise<Answer> =>
    answerOf(
      await send(
        new Request(`${base}${path}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...headers,
          },
          body:
            typeof body === 'string' || body instanceof Uint8Array
              ? (body as BodyInit)
              : JSON.stringify(body),
        }),
      ),
    );

export const ONE = '/access/v1/evaluation';
export const MANY = '/access/v1/evaluations';
export const within = (organization: string, path: string) => `/organizations/${organization}${path}`;

/** May this user read the members of this organization? */
export const question = (
  user: string,
  organization: string,
  parts: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => ({
  subject: { type: 'user', id: user },
  action: { name: 'org:sys_memberships:read' },
  resource: { type: 'organization', id: organization },
  ...parts,
});

export const ALLOWED = { decision: true };
export const denied = (reason: string) => ({ decision: false, context: { reason } });
