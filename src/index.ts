/** The public surface of `rolecall`, nothing else. */
export type { Consequence, Consequences } from './domain/effects.ts';
export { createRolecall, type Rolecall, type RolecallOptions } from './runtime/rolecall.ts';
