export interface ApiCall {
  readonly at: number;
  /** `GET /v1/sessions`, `POST /v1/sessions/:id/revoke`, … */
  readonly route: string;
  /** Path and query as asked. */
  readonly path: string;
  readonly status: number;
}

/** What the Backend API was asked, for tests about budgets. */
export interface ApiCalls {
  readonly log: readonly ApiCall[];
  readonly total: () => number;
  readonly to: (route: string) => number;
  readonly byRoute: () => Readonly<Record<string, number>>;
  readonly reset: () => void;
}

export const createCalls = () => {
  const log: ApiCall[] = [];
  const to = (route: string) => log.filter((call) => call.route === route).length;
  return {
    log,
    record: (call: ApiCall): void => void log.push(call),
    total: (): number => log.length,
    to,
    byRoute: (): Record<string, number> =>
      Object.fromEntries([...new Set(log.map((c) => c.route))].map((r) => [r, to(r)])),
    reset: (): void => {
      log.length = 0;
    },
  };
};
export type CallRecorder = ReturnType<typeof createCalls>;
