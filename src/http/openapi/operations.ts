import { APPS } from './apps.ts';
import { AUDIT } from './audit.ts';
import { AUTHZEN } from './authzen.ts';
import { FEED } from './feed.ts';
import type { Operations } from './operation.ts';
import { OPERATORS } from './operators.ts';
import { RECONCILIATIONS } from './reconciliations.ts';
import { REPLAYS } from './replays.ts';
import { SERVICE } from './service.ts';
import { STATUS } from './status.ts';
import { UPKEEP } from './upkeep.ts';

/** Every route in words. A test fails for one that is missing here. */
export const OPERATIONS: Operations = {
  ...APPS,
  ...FEED,
  ...AUTHZEN,
  ...OPERATORS,
  ...REPLAYS,
  ...RECONCILIATIONS,
  ...AUDIT,
  ...STATUS,
  ...UPKEEP,
  ...SERVICE,
};
