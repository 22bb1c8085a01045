import type { Delivery } from '../../src/pipeline/ports.ts';
import { clerkWebhooks } from '../../src/provider/clerk/webhooks.ts';
import { svixHeaders } from '../../src/testing/index.ts';

const SECRET = `whsec_${btoa('the secret of these parser tests')}`;
const webhooks = clerkWebhooks([SECRET]);

/** Through the verifier, as there is no other way to the parser. */
export function parse(body: string, at = Date.now()): Delivery {
  const bytes = new TextEncoder().encode(body);
  const headers = new Headers({ ...svixHeaders(SECRET, 'msg_1', at, bytes) });
  const delivery = webhooks.authenticate({ headers, body: bytes }, { source: 'webhook', at });
  if ('refused' in delivery) throw new Error(delivery.refused);
  return delivery;
}

/** Evidence of a message that is expected to be understood. */
export function evidenceIn(body: string): readonly object[] {
  const { content } = parse(body);
  if (content.kind !== 'evidence') throw new Error(`not understood: ${JSON.stringify(content)}`);
  return content.evidence;
}
