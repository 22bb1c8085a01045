import * as v from 'valibot';

const Claims = v.object({
  sub: v.string(),
  sid: v.string(),
  iat: v.number(),
  fea: v.optional(v.string(), ''),
  o: v.optional(
    v.object({ id: v.string(), per: v.optional(v.string(), ''), fpm: v.optional(v.string(), '') }),
  ),
});

export interface ReadToken {
  readonly user: string;
  readonly session: string;
  /** Whole seconds. */
  readonly issuedAt: number;
  readonly organization: string;
  readonly carries: readonly string[];
}

/** What whoever believes the token alone would let its bearer do. Null without an organization. */
export function readToken(token: string): ReadToken | null {
  const payload = token.split('.')[1] ?? '';
  const { sub, sid, iat, fea, o } = v.parse(Claims, JSON.parse(Buffer.from(payload, 'base64url').toString()));
  if (o === undefined) return null;
  const actions = o.per.split(',');
  const masks = o.fpm.split(',');
  const carries = fea.split(',').flatMap((feature, n) => {
    const mask = BigInt(masks[n] ?? '0');
    return actions
      .filter((_, bit) => (mask & (1n << BigInt(bit))) !== 0n)
      .map((action) => `org:${feature.replace(/^\w+:/, '')}:${action}`);
  });
  return { user: sub, session: sid, issuedAt: iat, organization: o.id, carries: fea === '' ? [] : carries };
}
