/** One server-sent event, or a comment, as it came over the wire. */
export interface Told {
  readonly id: string | null;
  readonly event: string | null;
  /** Null for what is no event. */
  readonly data: Record<string, unknown> | null;
}

export interface EventReader {
  /** The next event that is one. Throws when the stream ends instead. */
  change(): Promise<Record<string, unknown>>;
  /** Whatever comes next; null at the end. */
  next(): Promise<Told | null>;
  close(): Promise<void>;
}

/** Reads a stream of events only as fast as it is asked to. */
export function readEvents(response: Response): EventReader {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('an answer without a body');
  let text = '';
  const next = async (): Promise<Told | null> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return told(block);
      }
      const { done, value } = await reader.read();
      if (done) return null;
      text += value;
    }
  };
  return {
    next,
    async change() {
      for (;;) {
        const one = await next();
        if (one === null) throw new Error('the stream has ended');
        if (one.data !== null) return one.data;
      }
    },
    close: () => reader.cancel(),
  };
}

function told(block: string): Told {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? null;
  const data = field('data');
  return {
    id: field('id'),
    event: field('event'),
    data: data === null ? null : (JSON.parse(data) as Record<string, unknown>),
  };
}
