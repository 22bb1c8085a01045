import { type Answer, answerOf, type Running } from './rolecall.ts';

export const WRITER = 'operator-writer-CANARY';
export const READER = 'operator-reader-CANARY';
export const OPERATORS = { ROLECALL_OPERATOR_TOKEN: `ann:${WRITER} bob+read:${READER}` };

/** Asks as an operator; ann, unless another token is given. Null sends none. */
export const operatorOf =
  (running: Pick<Running, 'url'>) =>
  async (method: string, path: string, body?: unknown, token: string | null = WRITER): Promise<Answer> =>
    answerOf(
      await fetch(`${running.url}/operator/v1${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
