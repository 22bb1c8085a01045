/** One server-sent event, the sign of life that a comment is, or where to go on after what one is not told of. */
export type ServerSentEvent =
  | { readonly type: 'comment' }
  | { readonly type: 'position'; readonly id: string }
  | { readonly type: 'event'; readonly event: string; readonly id: string | null; readonly data: string };

/** Puts lines together to events, as the HTML standard has it. What is not dispatched by an empty line never was. */
export function eventReader(): (line: string) => ServerSentEvent | null {
  let [event, data]: [string, string[]] = ['', []];
  let id: string | null = null;
  return (line) => {
    if (line.startsWith(':')) return { type: 'comment' };
    if (line === '') {
      const read = dispatched({ event, data, id });
      [event, data, id] = ['', [], null];
      return read;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
    if (field === 'id') id = value;
    return null;
  };
}

function dispatched(sent: {
  readonly event: string;
  readonly data: readonly string[];
  readonly id: string | null;
}): ServerSentEvent | null {
  const { event, data, id } = sent;
  if (data.length > 0) return { type: 'event', event: event || 'message', id, data: data.join('\n') };
  return id === null ? null : { type: 'position', id };
}
