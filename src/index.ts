/** The public surface of `rolecall`, nothing else. */
export { createRolecall, type Rolecall, type RolecallOptions } from './runtime/rolecall.ts';
