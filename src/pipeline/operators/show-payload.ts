/** What an app keeps there is its own, and often secret. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['private_metadata', 'unsafe_metadata']);

/** Of a body that is no JSON, this much. Characters. */
const MOST_TEXT = 10_000;

export interface ShownPayload {
  /** What was received, without private metadata; null where it was not kept or is no JSON. */
  readonly payload: unknown;
  /** The beginning of a body that is no JSON, or is nested too deep to be told as JSON. */
  readonly text: string | null;
}

/** A raw body as an operator may see it. It is what somebody sent: text to be shown, never anything to be followed. */
export function showPayload(body: Uint8Array | null): ShownPayload {
  if (body === null) return { payload: null, text: null };
  const text = new TextDecoder().decode(body);
  try {
    const payload: unknown = JSON.parse(text, (key, value: unknown) =>
      NOT_SHOWN.has(key) ? '[not shown]' : value,
    );
    // What is nested too deep can be read and not written: found out here, not in the middle of an answer.
    JSON.stringify(payload);
    return { payload, text: null };
  } catch {
    return { payload: null, text: text.slice(0, MOST_TEXT) };
  }
}
