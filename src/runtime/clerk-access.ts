/** How Clerk's Backend API is reached. */
export interface ClerkAccess {
  readonly secretKey: string;
  readonly apiUrl: string | undefined;
}

/** The variables that say so, each problem naming its variable and never its value. */
export function readClerkAccess(
  text: (name: string) => string,
): ClerkAccess & { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const secretKey = text('CLERK_SECRET_KEY');
  if (secretKey === '') problems.push('CLERK_SECRET_KEY is missing');
  else if (!/^sk_(test|live)_\S+$/.test(secretKey)) {
    problems.push('CLERK_SECRET_KEY must be one key that begins with sk_test_ or sk_live_');
  }
  const apiUrl = text('CLERK_API_URL') === '' ? undefined : text('CLERK_API_URL');
  if (apiUrl !== undefined && !isHttpUrl(apiUrl)) problems.push('CLERK_API_URL must be an http or https URL');
  return { secretKey, apiUrl, problems };
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
