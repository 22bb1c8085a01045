import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createApp, mountApp } from '../../src/http/app.ts';
import type { Services } from '../../src/http/services.ts';
import { answerOf } from './support/rolecall.ts';

// The metadata are told from the request alone: any other service would be one too many.
const app = createApp(() => ({ services: {} as unknown as Services }));
const WELL_KNOWN = '/.well-known/authzen-configuration';

const metadata = (decisionPoint: string) => ({
  policy_decision_point: decisionPoint,
  access_evaluation_endpoint: `${decisionPoint}/access/v1/evaluation`,
  access_evaluations_endpoint: `${decisionPoint}/access/v1/evaluations`,
  search_subject_endpoint: `${decisionPoint}/access/v1/search/subject`,
  search_resource_endpoint: `${decisionPoint}/access/v1/search/resource`,
  search_action_endpoint: `${decisionPoint}/access/v1/search/action`,
});
const get = async (host: Hono, url: string, headers: Record<string, string> = {}) =>
  answerOf(await host.request(url, { headers }));

describe('the metadata of a decision point', () => {
  it('name the decision point that was looked for, to anybody', async () => {
    const { status, json, headers } = await get(app, `https://pdp.test${WELL_KNOWN}`);
    expect([status, json]).toEqual([200, metadata('https://pdp.test')]);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('are there for every tenant, known or not', async () => {
    for (const organization of ['org_acme', 'org_nowhere'])
      expect(
        (await get(app, `https://pdp.test:8443${WELL_KNOWN}/organizations/${organization}`)).json,
      ).toEqual(metadata(`https://pdp.test:8443/organizations/${organization}`));
  });

  it('are not told for what no organization is called', async () => {
    for (const odd of ['%00', 'a%2fb', '%22', "a'b", 'x'.repeat(192)])
      expect((await get(app, `https://pdp.test${WELL_KNOWN}/organizations/${odd}`)).status, odd).toBe(400);
    for (const path of ['/', '/organizations', '/organizations/', '/organizations/org_1/more', '/org_1'])
      expect((await get(app, `https://pdp.test${WELL_KNOWN}${path}`)).status, path).toBe(404);
  });

  it('name the endpoints that are there', async () => {
    for (const path of [WELL_KNOWN, `${WELL_KNOWN}/organizations/org_acme`]) {
      const { json } = await get(app, `https://pdp.test${path}`);
      const { policy_decision_point, ...endpoints } = json as Record<string, string>;
      for (const url of Object.values(endpoints)) {
        expect(url.startsWith(`${policy_decision_point}/`)).toBe(true);
        const wrong = await answerOf(await app.request(url));
        expect([wrong.status, wrong.headers.get('allow')], url).toEqual([405, 'POST']);
      }
    }
  });

  it('know from a proxy that ends TLS that it did, and believe nothing else', async () => {
    const told = async (headers: Record<string, string>) => {
      const { json } = await get(app, `http://pdp.test${WELL_KNOWN}`, headers);
      return (json as { policy_decision_point: string }).policy_decision_point;
    };
    expect(await told({})).toBe('http://pdp.test');
    for (const proto of ['https', 'HTTPS', 'https, http', 'https,http'])
      expect(await told({ 'x-forwarded-proto': proto }), proto).toBe('https://pdp.test');
    for (const proto of ['', 'javascript', 'httpss', 'https://evil.test/', 'http', 'ftp, https'])
      expect(await told({ 'x-forwarded-proto': proto }), proto).toBe('http://pdp.test');
    expect(await told({ 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test' })).toBe(
      'http://pdp.test',
    );
  });

  it('are only read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await app.request(`https://pdp.test${WELL_KNOWN}`, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    const head = await answerOf(await app.request(`https://pdp.test${WELL_KNOWN}`, { method: 'HEAD' }));
    expect([head.status, head.text]).toEqual([200, '']);
  });
});

describe('below a base path', () => {
  const based = mountApp(
    '/team/rolecall',
    createApp(() => ({ services: {} as unknown as Services })),
  );
  const at = 'https://pdp.test/team/rolecall';

  it('the metadata stand below it, and where the standard looks for them', async () => {
    const places = [`${at}${WELL_KNOWN}`, `https://pdp.test${WELL_KNOWN}/team/rolecall`];
    for (const place of places) {
      const root = await get(based, place, { 'x-request-id': 'r1' });
      expect([root.status, root.json], place).toEqual([200, metadata(at)]);
      expect(root.headers.get('cache-control')).toBe('no-store');
      expect(root.headers.get('x-request-id')).toBe('r1');
      const tenant = await get(based, `${place}/organizations/org_acme`);
      expect([tenant.status, tenant.json], place).toEqual([200, metadata(`${at}/organizations/org_acme`)]);
      const written = await answerOf(await based.request(place, { method: 'POST' }));
      expect([written.status, written.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('nothing stands beside it', async () => {
    for (const path of [WELL_KNOWN, `${WELL_KNOWN}/organizations/org_acme`, `${WELL_KNOWN}/team`])
      expect((await get(based, `https://pdp.test${path}`)).status, path).toBe(404);
  });

  it('that somebody’s own app chose, the metadata name it', async () => {
    const host = new Hono().route('/permissions', app);
    expect((await get(host, `https://pdp.test/permissions${WELL_KNOWN}`)).json).toEqual(
      metadata('https://pdp.test/permissions'),
    );
  });
});
