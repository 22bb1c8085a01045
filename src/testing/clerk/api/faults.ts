/** What goes wrong with API calls; for the next `times` of them, or until cleared. */
export type ApiFault = {
  readonly times?: number;
  /** A route as `calls` names it: `POST /v1/sessions/:id/revoke`. Default: every route. */
  readonly route?: string;
} & (
  | { readonly kind: 'slow'; readonly ms: number }
  /** `retryAfter` in seconds, as the header has it. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfter?: number;
      readonly html?: boolean;
    }
  /** No answer at all, until the caller gives up or the faults are cleared. */
  | { readonly kind: 'hang' }
);
