import type { Attack, World } from './attack.ts';
import { requestBytes } from './attack.ts';
import { judge, LAST_REQUEST, type Verdict } from './judge.ts';
import type { Planned } from './plan.ts';
import { openWire, type Wire } from './wire.ts';

export interface Finding extends Verdict {
  readonly number: number;
  readonly family: string;
  readonly server: 'node' | 'worker';
  readonly route: string;
  readonly what: string;
}

export interface Arena {
  readonly worlds: Readonly<Record<'node' | 'worker', World>>;
  readonly find: (text: string) => string | null;
  /** What was sent, for whoever counts. */
  readonly sent: (planned: Planned, attack: Attack) => void;
}

/** Long enough for a busy machine. Nothing that is asked here may wait. */
const PATIENCE_MS = 20_000;
/** A server that waits for the rest of a request that is too short says nothing: that is no answer to wait for. */
const PATIENCE_FOR_FRAMING_MS = 400;

/** Carries out attacks one after another, on a connection that is kept as long as the server keeps it. */
export function openLane(arena: Arena) {
  const wires = new Map<string, Wire>();
  return {
    async run(planned: Planned): Promise<Finding | null> {
      const { number, family, server } = planned;
      const world = arena.worlds[server];
      const attack = planned.make(world);
      arena.sent(planned, attack);
      const exchange =
        attack.mostAnswers === undefined
          ? await onKept(wires, world.host, attack)
          : await onOwn(world.host, attack);
      const verdict = judge(attack, exchange, arena.find);
      const route = `${attack.route.method} ${attack.route.path}`;
      return verdict === null ? null : { number, family, server, route, what: attack.what, ...verdict };
    },
    close() {
      for (const wire of wires.values()) wire.close();
    },
  };
}

async function onKept(wires: Map<string, Wire>, host: string, attack: Attack) {
  const kept = wires.get(host);
  const wire = kept?.isOpen() === true ? kept : openWire(host);
  wires.set(host, wire);
  const sending = {
    bytes: attack.bytes,
    bodiless: attack.bodiless,
    isAll: ({ length }: readonly unknown[]) => length > 0,
    patience: PATIENCE_MS,
  };
  const exchange = await wire.exchange(sending);
  // A kept connection may be closed by the server in the moment in which it is used again.
  if (exchange.answers.length > 0 || exchange.end !== 'closed' || wire !== kept) return exchange;
  const fresh = openWire(host);
  wires.set(host, fresh);
  return fresh.exchange(sending);
}

async function onOwn(host: string, attack: Attack) {
  const wire = openWire(host);
  const last = requestBytes(
    { host },
    {
      method: 'GET',
      target: '/healthz',
      headers: [['x-request-id', LAST_REQUEST]],
    },
  );
  try {
    return await wire.exchange({
      bytes: Buffer.concat([attack.bytes, last]),
      bodiless: false,
      isAll: (answers) => answers.some(({ headers }) => headers.get('x-request-id') === LAST_REQUEST),
      patience: PATIENCE_FOR_FRAMING_MS,
    });
  } finally {
    wire.close();
  }
}
