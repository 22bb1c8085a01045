/** The public surface of `rolecall/hono`, nothing else. */
import type { Context, MiddlewareHandler } from 'hono';
import type { Identity } from './guard/authorization.ts';
import type { Guard, OnDenied } from './guard/create-guard.ts';
import { type Where, wantedAt } from './where.ts';

export interface RequirePermissionOptions<Permission extends string> extends Where<readonly [Context]> {
  readonly guard: Guard<Permission>;
  /** For this route; the guard's own when left out. */
  readonly onDenied?: OnDenied;
}

/** What the middleware leaves for the route: `c.var.rolecall`, who calls and in which organization. */
export interface RolecallVariables {
  rolecall: Identity;
}

/** Lets a request reach the route only where its caller holds the permission now. */
export function requirePermission<Permission extends string>(
  permission: NoInfer<Permission>,
  options: RequirePermissionOptions<Permission>,
): MiddlewareHandler<{ Variables: RolecallVariables }> {
  const { guard, onDenied = guard.respond, ...where } = options;
  return async (c, next) => {
    const authorization = await guard.authorize(c.req.raw, () => wantedAt(permission, where, [c]));
    if (!authorization.allowed) return onDenied(authorization, c.req.raw);
    c.set('rolecall', authorization.identity);
    return next();
  };
}
