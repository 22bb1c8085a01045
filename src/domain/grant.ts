/** `own`: of what the subject owns. `assigned`: of what the subject is assigned to. */
export type Condition = 'own' | 'assigned';

/** A resource inside an organization that carries roles of its own. */
export interface Scope {
  readonly type: string;
  readonly id: string;
}

/** In a scope's id: every resource of its type. No id of the provider or of an app looks like this. */
export const EVERY = '*';

/** One permission that somebody holds: under which condition, and where; null means none, and the whole organization. */
export interface Grant {
  readonly permission: string;
  readonly only: Condition | null;
  readonly scope: Scope | null;
}

/**
 * A grant as it is kept and compared: `permission`, `permission own`, `permission @workspace/ws_1`,
 * `permission own @workspace/*`. Permissions, types and ids hold neither space nor slash.
 */
export function grantText({ permission, only, scope }: Grant): string {
  return `${permission}${only === null ? '' : ` ${only}`}${scope === null ? '' : ` @${scope.type}/${scope.id}`}`;
}

export function grantOf(text: string): Grant {
  const [permission = '', ...conditions] = text.split(' ');
  const place = conditions.find((part) => part.startsWith('@'));
  const only = conditions.find((part) => part === 'own' || part === 'assigned') ?? null;
  const [type = '', id = ''] = place?.slice(1).split('/') ?? [];
  return { permission, only, scope: place === undefined ? null : { type, id } };
}

/** A test for texts: whether a set allows all that one grant does, be it under fewer conditions or in more places. */
export function coveredBy(grants: readonly string[]): (text: string) => boolean {
  const held = new Set(grants);
  return (text) => {
    if (held.has(text)) return true;
    if (!text.includes(' ')) return false;
    return widerThan(grantOf(text)).some((wider) => held.has(grantText(wider)));
  };
}

function widerThan(grant: Grant): Grant[] {
  const { permission, only, scope } = grant;
  const places = scope === null ? [null] : [scope, { type: scope.type, id: EVERY }];
  const conditions = only === null ? [null] : [only, null];
  return places.flatMap((place) =>
    conditions.map((condition) => ({ permission, only: condition, scope: place })),
  );
}
