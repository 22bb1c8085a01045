import { type Connection, openConnection } from './connection.ts';
import { quantile } from './quantiles.ts';

export interface Load {
  readonly url: string;
  /** What to send next; null when there is nothing left, which ends it early. */
  readonly next: () => Buffer | null;
  readonly connections: number;
  readonly seconds: number;
}

export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Sends over so many connections, on each as fast as it is answered. */
export async function measure(load: Load): Promise<Measured> {
  const connections = await Promise.all(
    Array.from({ length: load.connections }, () => openConnection(load.url)),
  );
  const times: number[] = [];
  const started = performance.now();
  const until = started + load.seconds * 1000;
  let ended = started;
  const worker = async (connection: Connection): Promise<void> => {
    for (let from = performance.now(); from < until; from = ended) {
      const request = load.next();
      if (request === null) return;
      const { status, text } = await connection.ask(request);
      if (status !== 200) throw new Error(`answered ${status} ${text.slice(0, 200)}`);
      ended = performance.now();
      times.push(ended - from);
    }
  };
  try {
    await Promise.all(connections.map(worker));
  } finally {
    for (const connection of connections) connection.close();
  }
  return {
    requests: times.length,
    perSecond: times.length / ((ended - started) / 1000),
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}

export interface SteadyLoad {
  /** How many were sent. */
  stop(): Promise<number>;
}

/** Sends so many a second, whether the ones before were answered or not; what finds no free connection waits for one. */
export async function sendSteadily(load: {
  readonly url: string;
  readonly next: () => Buffer;
  readonly connections: number;
  readonly perSecond: number;
}): Promise<SteadyLoad> {
  const connections = await Promise.all(
    Array.from({ length: load.connections }, () => openConnection(load.url)),
  );
  const free = [...connections];
  const underWay = new Set<Promise<void>>();
  const started = performance.now();
  let sent = 0;
  const failures: unknown[] = [];
  const send = async (connection: Connection): Promise<void> => {
    const { status } = await connection.ask(load.next());
    if (status !== 200) throw new Error(`answered ${status}`);
    free.push(connection);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * load.perSecond);
    for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
      if (sent >= due) {
        free.push(connection);
        return;
      }
      sent += 1;
      const one: Promise<void> = send(connection)
        .catch((error: unknown) => void failures.push(error))
        .then(() => void underWay.delete(one));
      underWay.add(one);
    }
  }, 2);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      for (const connection of connections) connection.close();
      if (failures.length > 0) throw new AggregateError(failures, 'The load was not answered.');
      return sent;
    },
  };
}
