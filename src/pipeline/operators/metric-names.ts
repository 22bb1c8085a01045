/** Every metric there is: programs and dashboards rely on the names. None has a label whose values know no bounds. */
export const METRICS = {
  rolecall_build_info: ['gauge', 'Always 1; the version of Rolecall and of its schema.'],
  rolecall_status: ['gauge', '1 for the state that the installation is in, 0 for the others.'],
  rolecall_problem: ['gauge', '1 while something is wrong, by the codes of GET /operator/v1/status.'],
  rolecall_mode: ['gauge', '1 for the mode that it runs in, 0 for the others.'],
  rolecall_deliveries_total: ['counter', 'Deliveries that were taken, by type and first outcome.'],
  rolecall_deliveries_failed: [
    'gauge',
    'Deliveries of the last day that could not be taken for what they say.',
  ],
  rolecall_deliveries_dead: ['gauge', 'Failed deliveries that nobody tries again.'],
  rolecall_last_delivery_timestamp_seconds: ['gauge', 'When the last delivery was received.'],
  rolecall_losses_total: ['counter', 'Changes that took access away, by kind and cause.'],
  rolecall_received_to_refused_seconds: [
    'histogram',
    'From receiving a delivery to refusing the first token because of it.',
  ],
  rolecall_effects_owed: ['gauge', 'What is owed to the provider, by kind and lane; a lane counts to 10000.'],
  rolecall_effects_oldest_owed_seconds: ['gauge', 'For how long the oldest of a kind has been owed.'],
  rolecall_effects_dead: ['gauge', 'What is owed to the provider and was given up, by kind.'],
  rolecall_effect_attempts_total: ['counter', 'Attempts at what is owed, by kind and how they ended.'],
  rolecall_provider_calls_total: ['counter', 'Calls of the provider for what is owed, by how they ended.'],
  rolecall_provider_budget_tokens: ['gauge', 'Calls of the provider that may be made at once.'],
  rolecall_provider_budget_burst: ['gauge', 'The most that may ever be made at once.'],
  rolecall_provider_paused: ['gauge', '1 while the rate limit of the provider is waited for.'],
  rolecall_holds_waiting: ['gauge', 'Changes that wait for an operator.'],
  rolecall_findings_open: ['gauge', 'What does not hold although the policy says so, or could not be read.'],
  rolecall_reconciliation_running: ['gauge', '1 while what is known is compared with the provider.'],
  rolecall_reconciliation_timestamp_seconds: [
    'gauge',
    'When the last comparison of everything ended, by how.',
  ],
  rolecall_reconciliation_drift: [
    'gauge',
    'Differences that the last comparison of everything found, by kind.',
  ],
  rolecall_events_never_received: ['gauge', 'Of those, what an event should have told.'],
  rolecall_effects_paused: ['gauge', '1 while an operator has paused revocations.'],
  rolecall_restoring: ['gauge', '1 while a restored database is compared with the provider.'],
  rolecall_changes_total: ['counter', 'Changes of who may do what: the revision.'],
  rolecall_policy_version: ['gauge', 'The active policy; 0 for none.'],
  rolecall_operator_actions_total: ['counter', 'What operators did by hand.'],
} as const satisfies Readonly<Record<string, readonly ['gauge' | 'counter' | 'histogram', string]>>;

export type MetricName = keyof typeof METRICS;
