/** The version as an entity tag (RFC 9110, 8.8.3). The id is in it because a name can be used again, from version 1 on. */
export function etagOf(id: string, version: number): string {
  return `"${version}-${id.slice(0, 8)}"`;
}

/** True when an `If-Match` header lets this version pass. Proxies that compress mark tags as weak; ours stay exact. */
export function isMatch(ifMatch: string | undefined, etag: string): boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return true;
  return ifMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
