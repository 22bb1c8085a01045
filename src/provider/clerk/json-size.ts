/**
 * Whether a parsed JSON value takes more bytes than `most` when it is written again. Looks no further than that, and
 * goes down without recursion: what lies ten thousand brackets deep can be parsed, and overflows the stack of
 * `JSON.stringify`.
 */
export function exceeds(value: unknown, most: number): boolean {
  const open: unknown[] = [value];
  let bytes = 0;
  while (open.length > 0 && bytes <= most) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) {
      bytes += bytesOf(next);
      continue;
    }
    // Brackets, and what stands between the members.
    bytes += 2;
    for (const [index, [name, member]] of Object.entries(next).entries()) {
      bytes += (index === 0 ? 0 : 1) + (Array.isArray(next) ? 0 : bytesOf(name) + 1);
      open.push(member);
      if (bytes > most) return true;
    }
  }
  return bytes > most;
}

function bytesOf(scalar: unknown): number {
  return new TextEncoder().encode(JSON.stringify(scalar)).length;
}
