/** The public surface of `rolecall/react`, nothing else. */
export { Can, type CanProps } from './can.ts';
export type { Wanted } from './my-access.ts';
export { RolecallProvider, type RolecallProviderProps } from './provider.ts';
export { type CanState, type UseCanOptions, useCan } from './use-can.ts';
