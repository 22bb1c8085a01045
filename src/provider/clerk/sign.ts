import { Webhook } from 'svix';

/** A message as Clerk sends it: its headers, signed with this secret. */
export function signMessage(
  secret: string,
  message: { readonly id: string; readonly body: string },
  now: number,
): Readonly<Record<string, string>> {
  const at = new Date(now);
  return {
    'content-type': 'application/json',
    'svix-id': message.id,
    'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
    'svix-signature': new Webhook(secret).sign(message.id, at, message.body),
  };
}
