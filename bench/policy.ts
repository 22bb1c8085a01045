import { compilePolicy } from '../src/policy/compile-policy.ts';
import { resolvePolicy } from '../src/policy/index.ts';
import { type Figure, ratioOf } from './figure.ts';
import { median } from './quantiles.ts';

const ROLES = 50;
const PERMISSIONS = 500;

/** A policy as large as they come: checked, resolved and compiled, against writing and reading it as JSON. */
export function compiling(): Figure[] {
  const definition = largePolicy();
  const ours = median(20, () => compilePolicy(resolvePolicy(definition)));
  const text = median(20, () => JSON.parse(JSON.stringify(definition)) as unknown);
  return [
    {
      what: `compiling ${ROLES} roles with ${PERMISSIONS} permissions each`,
      ours: `${ours.toFixed(1)} ms`,
      yardstick: `${text.toFixed(1)} ms to JSON and back`,
      ratio: ratioOf(ours, text),
      better: 'lower',
      aim: null,
    },
  ];
}

function largePolicy(): object {
  const keys = Array.from({ length: PERMISSIONS }, (_, n) => `feature_${n}:manage`);
  const roles = Array.from({ length: ROLES }, (_, n) => [
    `org:role_${n}`,
    {
      title: `Role ${n}`,
      description: 'One of many.',
      ...(n === 0 ? { givenToCreator: true } : {}),
      can: keys,
      assigns: [`org:role_${(n + 1) % ROLES}`],
    },
  ]);
  return {
    name: 'large',
    permissions: Object.fromEntries(keys.map((key) => [key, `May ${key}`])),
    roles: Object.fromEntries(roles) as object,
  };
}
