import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessDenied, can, protect, protectRoute } from '../../src/sdk/next.ts';
import { READ, type Scene, startScene, WRITE, withBearer } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.stop());

/** What `headers()` of `next/headers` gives in a page, whose visitors come with a cookie. */
const page = (cookie = `__session=${scene.token()}`) => ({
  guard: scene.guard(),
  headers: async () => new Headers({ cookie }),
});

describe('a page', () => {
  it('asks whether its visitor can', async () => {
    expect(await can(READ, page())).toBe(true);
    expect(await can(WRITE, page())).toBe(false);
    expect(await can(READ, { ...page(), organization: 'org_other' })).toBe(false);
    expect(await can(READ, page(''))).toBe(false);
  });

  it('takes headers as older versions give them, at once', async () => {
    const headers = () => new Headers({ cookie: `__session=${scene.token()}` });
    expect(await can(READ, { guard: scene.guard(), headers })).toBe(true);
  });

  it('is for those who hold the permission, and is told who they are', async () => {
    expect(await protect(READ, { ...page(), organization: 'org_acme' })).toMatchObject({
      user: 'user_ada',
      organization: 'org_acme',
    });
  });

  it('is left by everybody else, to where the app says', async () => {
    const denied: unknown = await protect(WRITE, page()).catch((error: unknown) => error);
    expect(denied).toBeInstanceOf(AccessDenied);
    expect(denied).toMatchObject({ denied: { status: 403, permission: WRITE } });
    const redirected = protect(READ, {
      ...page(''),
      onDenied: ({ status }) => {
        throw new Error(`NEXT_REDIRECT ${status}`);
      },
    });
    await expect(redirected).rejects.toThrow('NEXT_REDIRECT 401');
  });
});

describe('a route handler', () => {
  const context = (organization: string) => ({ params: Promise.resolve({ organization }) });
  type Context = ReturnType<typeof context>;
  const handler = (permission: string) =>
    protectRoute(
      permission,
      {
        guard: scene.guard(),
        organization: async (_: Request, { params }: Context) => (await params).organization,
      },
      ({ user, organization }, request) => Response.json({ user, organization, url: request.url }),
    );

  it('runs for those who hold the permission', async () => {
    const response = await handler(READ)(withBearer(scene.token()), context('org_acme'));
    expect(await response.json()).toEqual({
      user: 'user_ada',
      organization: 'org_acme',
      url: 'https://app.example/invoices',
    });
  });

  it('does not run for anybody else', async () => {
    const stranger = await handler(READ)(new Request('https://app.example'), context('org_acme'));
    expect(stranger.status).toBe(401);
    const forbidden = await handler(WRITE)(withBearer(scene.token()), context('org_acme'));
    expect(await forbidden.json()).toMatchObject({ error: { code: 'forbidden', permission: WRITE } });
    const elsewhere = await handler(READ)(withBearer(scene.token()), context('org_other'));
    expect(elsewhere.status).toBe(403);
  });

  it('has its own answer to the denied, where it says so', async () => {
    const own = protectRoute(
      READ,
      { guard: scene.guard(), onDenied: () => new Response('Not here', { status: 404 }) },
      () => new Response(),
    );
    expect(await (await own(new Request('https://app.example'))).text()).toBe('Not here');
  });
});
