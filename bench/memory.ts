import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes in use after everything that is not was thrown away. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (!isCollector(collect)) throw new Error('this Node does not let anybody collect its garbage');
  for (let time = 0; time < 3; time += 1) collect();
  return process.memoryUsage().heapUsed;
}

function isCollector(value: unknown): value is () => void {
  return typeof value === 'function';
}
