import type { Delivery, RefusedDelivery } from './delivery.ts';
import type { KeptDelivery } from './replays.ts';

/** The provider's side of the way in. Refusals carry a reason for the log; the wire never tells it. */
export interface Webhooks {
  /** Checks what can be checked before a body is read. */
  precheck(headers: Headers, now: number): RefusedDelivery | null;
  authenticate(
    message: { readonly headers: Headers; readonly body: Uint8Array },
    received: { readonly source: Delivery['source']; readonly at: number },
  ): Delivery | RefusedDelivery;
  /** Reads once more what was proved when it was taken into the inbox. What was not then is not believed now. */
  reread(
    kept: Pick<KeptDelivery, 'id' | 'source' | 'receivedAt' | 'sha256'> & { readonly body: Uint8Array },
  ): Delivery | RefusedDelivery;
  /** What was acknowledged but cannot be proved any more: to be stored as failed, and believed in nothing. */
  keepUnbelieved(body: Uint8Array, receivedAt: number): Delivery;
}
