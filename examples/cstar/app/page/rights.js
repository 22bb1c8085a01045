const SIGNED_OUT = 'signed out';
const UNKNOWN = 'unknown';
const MEMBER = 'member';
const STRANGER = 'no member';

/**
 * Tells what whoever is signed in may do in an organization, now and whenever it changes. What is not known is told as
 * nothing: a page that cannot ask shows no button.
 */
export async function followRights({ rolecall, organization, getToken, onChange }) {
  const tell = (standing, permissions = []) => onChange({ standing, permissions: new Set(permissions) });

  for (let refused = false; ; ) {
    // Clerk's getToken() gives the same token for up to a minute, also when Rolecall has cut it off.
    const token = await getToken({ skipCache: refused });
    if (token === null) return tell(SIGNED_OUT);

    const me = await ask(`${rolecall}/v1/me/organizations/${organization}`, token);
    refused = me.status === 401;
    if (me.status === 403) return tell(STRANGER);
    if (me.status !== 200) {
      tell(UNKNOWN);
      // A token tells its time in whole seconds: one of the cutoff's own second is refused like the last.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      continue;
    }
    tell(
      me.body.member ? MEMBER : STRANGER,
      me.body.permissions.filter((grant) => !grant.only && !grant.scope).map((grant) => grant.permission),
    );

    // Answered as soon as anything changes. Whatever it says, and if it fails: look again.
    await ask(`${rolecall}/v1/me/changes?after=${me.body.revision}&wait=25`, token);
  }
}

async function ask(url, token) {
  try {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: 0 };
  }
}
