import { wantedPath } from '../paths.ts';

/**
 * @file Remembers where somebody wanted to go while they are away at a provider. For this tab only, and nothing but a
 * path of this origin comes out of it.
 */
const key = 'dropsafe-wanted-page';

/** Before leaving for the provider. */
export function keepWantedPage(path: string): void {
  sessionStorage.setItem(key, path);
}

/** Once, when coming back. */
export function takeWantedPage(): string {
  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return wantedPath(kept);
}
