import type { Connection } from '../client/connection.ts';
import { type Patience, patiently } from './patience.ts';
import { SnapshotProblem } from './problem.ts';

const LONGEST_RETRY_AFTER_S = 300;

/** Sends a request, and gives the answer if it is what was asked for. */
export async function ask(
  { send }: Connection,
  path: string,
  accept: string,
  patience: Patience,
): Promise<Response> {
  const request = send(path, { headers: { accept }, signal: patience.signal });
  const response = await patiently(request, patience).catch((error: unknown): never => {
    if (error instanceof SnapshotProblem) throw error;
    throw new SnapshotProblem('interrupted', 'Rolecall could not be reached', { cause: error });
  });
  if (response.status === 200) return response;
  // What is not read would keep the connection.
  response.body?.cancel().catch(() => undefined);
  if (response.status === 410)
    throw new SnapshotProblem('resync_required', 'the feed does not go back so far');
  throw new SnapshotProblem('refused', `Rolecall answered ${response.status}`, {
    retryAfterMs: retryAfter(response),
  });
}

/** The body as it comes; `interrupted` where it breaks off, or nothing comes for too long. */
export async function* chunksOf(response: Response, patience: Patience): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await patiently(reader.read(), patience);
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (error instanceof SnapshotProblem) throw error;
    throw new SnapshotProblem('interrupted', 'the connection broke', { cause: error });
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

export async function textOf(response: Response, patience: Patience): Promise<string> {
  try {
    return await patiently(response.text(), patience);
  } catch (error) {
    if (error instanceof SnapshotProblem) throw error;
    throw new SnapshotProblem('interrupted', 'the connection broke', { cause: error });
  }
}

function retryAfter({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER_S) * 1_000 : 0;
}
