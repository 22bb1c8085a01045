import type { Connection } from '../client/connection.ts';
import type { Copy } from './copy.ts';
import { lineReader } from './lines.ts';
import type { Patience } from './patience.ts';
import { copyReader } from './read-copy.ts';
import { ask, chunksOf } from './requests.ts';

/** Fetches a snapshot. It is read as it comes, and given away only when it is whole. */
export async function loadCopy(connection: Connection, patience: Patience): Promise<Copy> {
  const response = await ask(connection, '/v1/snapshot', 'application/x-ndjson', patience);
  const lines = lineReader();
  const reader = copyReader();
  for await (const chunk of chunksOf(response, patience)) {
    for (const line of lines.push(chunk)) if (line !== '') reader.line(line);
  }
  const last = lines.end();
  if (last !== '') reader.line(last);
  return reader.finish();
}
