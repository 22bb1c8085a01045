/** The clock of the stand-in. It starts in the past, so that the story can begin before Rolecall was there. */
export type ProviderClock = {
  readonly now: () => number;
  readonly toPresent: () => void;
};

export const providerClock = (startedAgo: number): ProviderClock => {
  let behind = startedAgo;
  return {
    now: () => Date.now() - behind,
    toPresent: () => {
      behind = 0;
    },
  };
};
