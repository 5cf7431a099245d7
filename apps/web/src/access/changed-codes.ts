/** What the server says when somebody else changed the thing that a question is about: it is asked for anew. */
export const changedCodes: ReadonlySet<string> = new Set([
  'user-changed',
  'team-changed',
  'integration-changed',
]);
