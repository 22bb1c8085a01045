/** What a change came from that a reconciliation found, or had the provider asked about. */
export function reconciliationCause(id: number): string {
  return `reconciliation:${id}`;
}
