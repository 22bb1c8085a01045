/** The public surface of `rolecall/next`, nothing else. Of Next.js it needs only what the app passes in. */
import type { Denied, Identity } from './guard/authorization.ts';
import type { Guard, OnDenied } from './guard/create-guard.ts';
import type { HeaderSource } from './guard/credential.ts';
import { type Where, wantedAt } from './where.ts';

export interface PageOptions<Permission extends string> extends Where<readonly []> {
  readonly guard: Guard<Permission>;
  /** `headers` of `next/headers`. */
  readonly headers: () => HeaderSource | Promise<HeaderSource>;
}

export interface ProtectOptions<Permission extends string> extends PageOptions<Permission> {
  /** Leaves the page: `redirect()`, `forbidden()`, `notFound()` of `next/navigation`. `AccessDenied` when left out. */
  readonly onDenied?: (denied: Denied) => never;
}

/** The arguments of a route handler: the request, and what holds its path parameters. */
export interface ProtectRouteOptions<Permission extends string, Rest extends readonly unknown[]>
  extends Where<readonly [Request, ...Rest]> {
  readonly guard: Guard<Permission>;
  /** For this route; the guard's own when left out. */
  readonly onDenied?: OnDenied;
}

/** Thrown out of a page or an action whose caller may not. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
  readonly denied: Denied;

  constructor(denied: Denied) {
    super(`access denied: ${denied.code}`);
    this.denied = denied;
  }
}

/** Whether the one who looks at a page holds the permission now: for showing it, never instead of `protect`. */
export async function can<Permission extends string>(
  permission: NoInfer<Permission>,
  options: PageOptions<Permission>,
): Promise<boolean> {
  return (await authorizePage(permission, options)).allowed;
}

/**
 * For server components and server actions: who calls, where they hold the permission now.
 * @throws AccessDenied, or what `onDenied` throws.
 */
export async function protect<Permission extends string>(
  permission: NoInfer<Permission>,
  options: ProtectOptions<Permission>,
): Promise<Identity> {
  const authorization = await authorizePage(permission, options);
  if (authorization.allowed) return authorization.identity;
  options.onDenied?.(authorization);
  throw new AccessDenied(authorization);
}

/** For route handlers: one that runs only where its caller holds the permission now, and is told who calls. */
export function protectRoute<Permission extends string, Rest extends readonly unknown[]>(
  permission: NoInfer<Permission>,
  options: ProtectRouteOptions<Permission, Rest>,
  handler: (identity: Identity, request: Request, ...rest: Rest) => Response | Promise<Response>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  const { guard, onDenied = guard.respond, ...where } = options;
  return async (request, ...rest) => {
    const authorization = await guard.authorize(request, () =>
      wantedAt(permission, where, [request, ...rest]),
    );
    if (!authorization.allowed) return onDenied(authorization, request);
    return handler(authorization.identity, request, ...rest);
  };
}

async function authorizePage<Permission extends string>(
  permission: Permission,
  options: PageOptions<Permission>,
) {
  const { guard, headers, ...where } = options;
  return guard.authorize({ headers: await headers() }, () => wantedAt(permission, where, []));
}
