/** An object, and so always truthy: `if (decision.allowed)`. `allows` gives a boolean. */
export type Decision =
  | { readonly allowed: true }
  /** Why, in Rolecall's words: `not_a_member`, `missing_permission`, `token_cut_off`, …; `denied` where it says none. */
  | { readonly allowed: false; readonly reason: string };
