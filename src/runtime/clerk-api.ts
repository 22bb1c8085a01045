import type { Budget, Clock, Provider } from '../pipeline/ports.ts';
import { clerkBackendApi } from '../provider/clerk/backend-api.ts';
import type { ClerkAccess } from './clerk-access.ts';

const TIMEOUT_MS = 5_000;

/** Clerk as one key reaches it, and how much of its limit is ours. */
export function clerkApi(
  { secretKey, apiUrl }: ClerkAccess,
  clock: Clock,
): { readonly provider: Provider; readonly budget: Budget } {
  return {
    provider: clerkBackendApi({ secretKey, apiUrl, timeoutMs: TIMEOUT_MS, clock }),
    budget: budgetOf(secretKey),
  };
}

/**
 * 30 % of Clerk's limits (https://clerk.com/docs/guides/how-clerk-works/system-limits): 1,000 requests per 10 seconds
 * for a production instance, 100 for a development one. The rest belongs to the customer's own app.
 */
function budgetOf(secretKey: string): Budget {
  const perTenSeconds = secretKey.startsWith('sk_live_') ? 1000 : 100;
  return { callsPerSecond: (perTenSeconds * 0.3) / 10, burst: perTenSeconds * 0.3 };
}
