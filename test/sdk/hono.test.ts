import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import type astro from '../../examples/astro/policy.ts';
import type { PermissionOf } from '../../src/policy/index.ts';
import type { Guard, Identity } from '../../src/sdk/guard/index.ts';
import { requirePermission } from '../../src/sdk/hono.ts';
import { READ, type Scene, startScene, WRITE } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
beforeEach(() => {
  scene.rolecall.asked.length = 0;
});
afterAll(() => scene.stop());

const bearer = () => ({ headers: { authorization: `Bearer ${scene.token()}` } });

describe('a route that requires a permission', () => {
  it('is reached by whoever holds it, and is told who that is', async () => {
    const guard = scene.guard();
    const app = new Hono().get(
      '/:organization/invoices',
      requirePermission(READ, {
        guard,
        organization: (c) => c.req.param('organization'),
      }),
      (c) => {
        expectTypeOf(c.var.rolecall).toEqualTypeOf<Identity>();
        return c.json(c.var.rolecall);
      },
    );
    const response = await app.request('/org_acme/invoices', bearer());
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ user: 'user_ada', organization: 'org_acme' });
  });

  it('is not reached by anybody else', async () => {
    const guard = scene.guard();
    let reached = 0;
    const app = new Hono().get(
      '/:organization/invoices',
      requirePermission(WRITE, {
        guard,
        organization: (c) => c.req.param('organization'),
      }),
      (c) => {
        reached += 1;
        return c.body(null);
      },
    );
    expect((await app.request('/org_acme/invoices')).status).toBe(401);
    const forbidden = await app.request('/org_acme/invoices', bearer());
    expect(forbidden.status).toBe(403);
    expect(await forbidden.json()).toMatchObject({ error: { code: 'forbidden', permission: WRITE } });
    expect((await app.request('/org_other/invoices', bearer())).status).toBe(403);
    expect(reached).toBe(0);
  });

  it('is not reached where its parameter is misspelt', async () => {
    const app = new Hono().get(
      '/:organization',
      requirePermission(READ, {
        guard: scene.guard(),
        organization: (c) => c.req.param('organisation'),
      }),
      (c) => c.body(null),
    );
    expect((await app.request('/org_acme', bearer())).status).toBe(403);
  });

  it('asks about the row, which is looked up for callers that are known', async () => {
    let looked = 0;
    const app = new Hono().get(
      '/invoices/:id',
      requirePermission(READ, {
        guard: scene.guard(),
        owner: async () => {
          looked += 1;
          return 'user_bob';
        },
        assignees: ['user_ada'],
        scope: (c) => ({ type: 'invoice', id: c.req.param('id') ?? '' }),
      }),
      (c) => c.body(null),
    );
    expect((await app.request('/invoices/inv_1')).status).toBe(401);
    expect(looked).toBe(0);
    expect((await app.request('/invoices/inv_1', bearer())).status).toBe(200);
    expect(scene.rolecall.asked.map(({ resource }) => resource)).toEqual([
      {
        type: 'organization',
        id: 'org_acme',
        properties: {
          owner: 'user_bob',
          assignees: ['user_ada'],
          scope: { type: 'invoice', id: 'inv_1' },
        },
      },
    ]);
  });

  it('answers the denied as the app does, or as this route does', async () => {
    const guard = scene.guard({ onDenied: () => new Response('the app', { status: 404 }) });
    const app = new Hono()
      .get('/', requirePermission(READ, { guard }), (c) => c.body(null))
      .get(
        '/own',
        requirePermission(READ, {
          guard,
          onDenied: (denied, request) => Response.redirect(`${request?.url ?? ''}/${denied.code}`),
        }),
        (c) => c.body(null),
      );
    expect(await (await app.request('/')).text()).toBe('the app');
    expect((await app.request('/own')).headers.get('location')).toBe('http://localhost/own/unauthenticated');
  });

  it('requires one that the policy knows', () => {
    const guard: Guard<PermissionOf<typeof astro>> = scene.guard();
    requirePermission('dags:view', { guard });
    // @ts-expect-error there is no permission "dags:veiw"
    requirePermission('dags:veiw', { guard });
  });
});
