import { startStack } from '../../src/testing/stack/stack.ts';
import { smoke } from './support/smoke.ts';

smoke(
  'the worker in workerd keeps every promise',
  (clock) => startStack({ standIn: { now: clock.now }, tickEvery: 500 }),
  { spills: true },
);
