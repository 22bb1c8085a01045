import { describe, expect, it } from 'vitest';
import { DEFAULT_CONSEQUENCES } from '../../src/domain/effects.ts';
import { readConfig } from '../../src/runtime/config.ts';
import { createRolecall } from '../../src/runtime/rolecall.ts';
import { createClerkStandIn } from '../../src/testing/index.ts';
import { textLike } from '../support/matchers.ts';

const SIGNING = `whsec_${btoa('a signing secret of this length!')}`;
const complete = {
  DATABASE_URL: 'postgres://user:DATABASE-CANARY@127.0.0.1:1/none',
  CLERK_WEBHOOK_SIGNING_SECRET: SIGNING,
  CLERK_SECRET_KEY: 'sk_test_x',
  ROLECALL_READ_TOKEN: 'read',
  ROLECALL_OPERATOR_TOKEN: 'operate',
};
const problemsOf = (env: object) => {
  const read = readConfig({ ...complete, ...env });
  return 'problems' in read ? read.problems : [];
};
const tokensOf = (ROLECALL_READ_TOKEN: string) => {
  const read = readConfig({ ...complete, ROLECALL_READ_TOKEN });
  return 'config' in read ? read.config.readTokens : read.problems;
};

describe('the environment', () => {
  it('is taken when it is complete, with what may be left out', () => {
    expect(readConfig(complete)).toEqual({
      config: {
        signingSecrets: [SIGNING],
        secretKey: 'sk_test_x',
        apiUrl: undefined,
        readTokens: [{ name: 'default', organization: null, secret: 'read' }],
        operatorTokens: [{ name: 'default', mayWrite: true, secret: 'operate' }],
        tokenRules: null,
        mode: 'enforce',
        consequences: DEFAULT_CONSEQUENCES,
        retention: { payloadDays: 30, changeDays: null },
        reconcileEveryMs: 86_400_000,
      },
    });
  });

  it('says how long what is old is kept, in whole days', () => {
    const read = readConfig({ ...complete, ROLECALL_KEEP_PAYLOADS: '7', ROLECALL_KEEP_CHANGES: '400' });
    expect(read).toMatchObject({ config: { retention: { payloadDays: 7, changeDays: 400 } } });
    for (const name of ['ROLECALL_KEEP_PAYLOADS', 'ROLECALL_KEEP_CHANGES']) {
      const tooShort = name === 'ROLECALL_KEEP_CHANGES' ? ['29'] : [];
      for (const days of [...tooShort, '0', '-1', '1.5', '30d', '1e3', 'for ever', '100000']) {
        expect(problemsOf({ [name]: days })).toEqual([textLike(new RegExp(`^${name} `))]);
      }
    }
  });

  it('says how often everything is compared with Clerk, in hours, and that it may be never', () => {
    const everyMs = (ROLECALL_RECONCILE_EVERY: string) => {
      const read = readConfig({ ...complete, ROLECALL_RECONCILE_EVERY });
      return 'config' in read ? read.config.reconcileEveryMs : read.problems;
    };
    expect(['6', '0.5', '744', '0', 'off', ''].map(everyMs)).toEqual([
      21_600_000,
      1_800_000,
      744 * 3_600_000,
      null,
      null,
      86_400_000,
    ]);
    for (const hours of ['-1', '745', '24h', '1e2', 'daily', '0x10', '1.2345']) {
      expect(everyMs(hours), hours).toEqual([textLike(/^ROLECALL_RECONCILE_EVERY /)]);
    }
  });

  it('says what signs out at Clerk, by cause, and leaves the rest as it is', () => {
    const chosen = (ROLECALL_CONSEQUENCES: string) => {
      const read = readConfig({ ...complete, ROLECALL_CONSEQUENCES });
      return 'config' in read ? read.config.consequences : read.problems;
    };
    expect(chosen('')).toEqual(DEFAULT_CONSEQUENCES);
    expect(chosen(' role=revoke  removed=revoke-when-last\n')).toEqual({
      ...DEFAULT_CONSEQUENCES,
      role: 'revoke',
      removed: 'revoke-when-last',
    });
    const wrong = [
      'role',
      'role=',
      'role=maybe',
      'roles=revoke',
      'role=revoke-when-last',
      'a=b=c',
      'role:revoke',
    ];
    for (const text of [...wrong, 'constructor=revoke', '__proto__=revoke']) {
      expect(chosen(text), text).toEqual([textLike(/^ROLECALL_CONSEQUENCES must /)]);
    }
  });

  it('has all its problems told at once, by name', () => {
    const read = readConfig({
      ROLECALL_MODE: 'off',
      CLERK_API_URL: 'ftp://x',
      CLERK_SECRET_KEY: 'pk_test_x',
    });
    const problems = 'problems' in read ? read.problems.join('\n') : '';
    for (const name of [
      'CLERK_WEBHOOK_SIGNING_SECRET',
      'CLERK_SECRET_KEY',
      'CLERK_API_URL',
      'ROLECALL_READ_TOKEN',
      'ROLECALL_OPERATOR_TOKEN',
      'ROLECALL_MODE',
    ]) {
      expect(problems).toContain(name);
    }
    expect(() => createRolecall({ environment: {} })).toThrow(/CLERK_SECRET_KEY.*DATABASE_URL/s);
  });

  it('never has a value told with a problem', () => {
    const bad = {
      CLERK_WEBHOOK_SIGNING_SECRET: `whsec_CANARY ${SIGNING} CANARY whsec_${btoa('x')}`,
      CLERK_SECRET_KEY: 'CANARY-key',
      CLERK_API_URL: 'CANARY://user:CANARY@host',
      ROLECALL_READ_TOKEN: 'CANARY:é tenant@:CANARY',
      ROLECALL_OPERATOR_TOKEN: 'ann+write:CANARY',
      ROLECALL_MODE: 'CANARY',
      DATABASE_URL: '',
    };
    const problems = problemsOf(bad);
    expect(problems.length).toBeGreaterThanOrEqual(6);
    expect(problems.join()).not.toMatch(/CANARY/i);
    expect(problems.join()).not.toContain(SIGNING.slice(6));
    let thrown = '';
    try {
      createRolecall({ environment: bad });
    } catch (error) {
      thrown = String(error);
    }
    expect(thrown).toContain('misconfigured');
    expect(thrown).not.toMatch(/CANARY/i);
  });

  it.each(['', '   ', '\n', undefined, 42, {}])('counts %j as missing', (value) => {
    for (const name of [
      'CLERK_WEBHOOK_SIGNING_SECRET',
      'CLERK_SECRET_KEY',
      'ROLECALL_READ_TOKEN',
      'ROLECALL_OPERATOR_TOKEN',
    ]) {
      expect(problemsOf({ [name]: value }), name).toContain(`${name} is missing`);
    }
  });

  it('may hold several signing secrets, and says which of them is wrong', () => {
    const next = `whsec_${btoa('the next one of thirty-two bytes')}`;
    const read = readConfig({ ...complete, CLERK_WEBHOOK_SIGNING_SECRET: ` ${SIGNING}\n${next} ` });
    expect(read).toMatchObject({ config: { signingSecrets: [SIGNING, next] } });
    expect(problemsOf({ CLERK_WEBHOOK_SIGNING_SECRET: `${SIGNING} whsec_${btoa('x')}` })).toEqual([
      'CLERK_WEBHOOK_SIGNING_SECRET (number 2) must hold 24 to 64 bytes',
    ]);
  });

  it('never holds the stand-in’s signing secret, which everybody has, but beside a stand-in', () => {
    const { signingSecret } = createClerkStandIn();
    const told = /^CLERK_WEBHOOK_SIGNING_SECRET (\(number 2\) )?is the stand-in’s/;
    for (const CLERK_WEBHOOK_SIGNING_SECRET of [signingSecret, `${SIGNING} ${signingSecret}`]) {
      for (const CLERK_API_URL of ['', 'https://api.clerk.com'])
        expect(problemsOf({ CLERK_WEBHOOK_SIGNING_SECRET, CLERK_API_URL })).toEqual([textLike(told)]);
      const CLERK_API_URL = 'http://127.0.0.1:8788';
      expect(problemsOf({ CLERK_WEBHOOK_SIGNING_SECRET, CLERK_API_URL })).toEqual([]);
    }
  });

  it('holds one secret key, whole', () => {
    for (const key of ['sk_test_', 'sk_live', 'pk_test_x', 'sk_test_a sk_test_b', 'x sk_test_a']) {
      expect(problemsOf({ CLERK_SECRET_KEY: key }), key).toEqual([
        'CLERK_SECRET_KEY must be one key that begins with sk_test_ or sk_live_',
      ]);
    }
    expect(problemsOf({ CLERK_SECRET_KEY: ' sk_live_x\n' })).toEqual([]);
  });

  it('may point the API elsewhere, over HTTP only', () => {
    expect(problemsOf({ CLERK_API_URL: 'http://127.0.0.1:8788' })).toEqual([]);
    for (const url of ['javascript:alert(1)', 'file:///etc/passwd', 'not a url', 'https://']) {
      expect(problemsOf({ CLERK_API_URL: url }), url).toHaveLength(1);
    }
  });

  it.each(['enforce', 'observe', 'paused'])('knows the mode %s', (mode) => {
    expect(readConfig({ ...complete, ROLECALL_MODE: mode })).toMatchObject({ config: { mode } });
  });

  it.each(['ENFORCE', 'off', 'enforce observe'])('does not guess the mode %j', (mode) => {
    expect(problemsOf({ ROLECALL_MODE: mode })).toHaveLength(1);
  });
});

describe('read tokens', () => {
  it('are a secret, a name with a secret, or a name of one organization with a secret', () => {
    expect(tokensOf('s3cret app:se:cret tenant@org_1:other')).toEqual([
      { name: 'default', organization: null, secret: 's3cret' },
      { name: 'app', organization: null, secret: 'se:cret' },
      { name: 'tenant', organization: 'org_1', secret: 'other' },
    ]);
  });

  it.each([
    // Each of these, taken whole, would be a token for every organization.
    'app:',
    'app@org_1:',
    'app@:secret',
    '@org_1:secret',
    ':secret',
    'a/b:secret',
    'app@org_1@org_2:secret',
    'app@org/1:secret',
    'sécret',
    `app:${'x'.repeat(513)}`,
  ])('are refused where a part is missing or none: %s', (token) => {
    expect(tokensOf(`good ${token}`)).toEqual([textLike(/^ROLECALL_READ_TOKEN must hold/)]);
  });

  it('do not share a secret: whose rights it carries would be chance', () => {
    expect(tokensOf('same tenant@org_1:same')).toEqual([
      'ROLECALL_READ_TOKEN must not hold the same secret under two names',
    ]);
  });
});

describe('operator tokens', () => {
  const operators = (ROLECALL_OPERATOR_TOKEN: string) => {
    const read = readConfig({ ...complete, ROLECALL_OPERATOR_TOKEN });
    return 'config' in read ? read.config.operatorTokens : read.problems;
  };

  it('are a secret, a name with a secret, or a name that may only look with a secret', () => {
    expect(operators('s3cret ann:se:cr+et bob+read:other')).toEqual([
      { name: 'default', mayWrite: true, secret: 's3cret' },
      { name: 'ann', mayWrite: true, secret: 'se:cr+et' },
      { name: 'bob', mayWrite: false, secret: 'other' },
    ]);
  });

  // Each of these, taken whole, would be a token that may write.
  it.each(['ann+read:', 'ann+raed:secret', '+read:secret', 'ann+read+read:x', 'ann@org_1:secret', ':secret'])(
    'are refused where a part is missing or unknown: %s',
    (token) => {
      expect(operators(`good ${token}`)).toEqual([textLike(/^ROLECALL_OPERATOR_TOKEN must hold/)]);
    },
  );

  it('share no secret with each other or with an app', () => {
    expect(operators('same ann+read:same')).toEqual([textLike(/same secret under two names/)]);
    expect(operators('ann:read')).toEqual([textLike(/a secret of ROLECALL_READ_TOKEN/)]);
  });
});
