/** How somebody had signed in, in words that follow a time: "3 minutes ago by password". */
export function meansText(means: string): string {
  if (means.startsWith('oidc:')) return `by ${means.slice('oidc:'.length)}`;
  return `by ${means}`;
}
