/** What goes wrong on the way of events; for the next `times` of them, or until cleared. */
export type WebhookFault = {
  readonly times?: number;
  /** Only these event types. */
  readonly types?: readonly string[];
  /** From 0 to 1; default 1. Decided by the seeded random. */
  readonly probability?: number;
} & (
  | { readonly kind: 'lose' }
  | { readonly kind: 'duplicate'; readonly copies?: number }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Holds up to `window` events back and lets them go in random order; a pause of `ms` lets the rest go. */
  | { readonly kind: 'reorder'; readonly window?: number; readonly ms?: number }
);

interface Active<Fault> {
  readonly fault: Fault;
  left: number;
}

/** Faults in the order they were set; each use takes one of its `times`. */
export const faultList = <Fault extends { readonly times?: number }>() => {
  let active: Active<Fault>[] = [];
  return {
    add: (fault: Fault): void => void active.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: (): void => {
      active = [];
    },
    list: (): readonly Fault[] => active.map(({ fault }) => fault),
    take: (applies: (fault: Fault) => boolean): readonly Fault[] => {
      const hit = active.filter((entry) => applies(entry.fault));
      for (const entry of hit) entry.left -= 1;
      active = active.filter((entry) => entry.left > 0);
      return hit.map(({ fault }) => fault);
    },
  };
};
