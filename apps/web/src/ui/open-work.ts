import { useEffect, useSyncExternalStore } from 'react';

/**
 * @file Whether a form is open, with something typed that would be lost. When a session ends, the page is left only if
 * nothing is open; otherwise one signs in again in place (identity/SessionGate).
 */

let openForms = 0;
const listeners = new Set<() => void>();

function change(by: number): void {
  openForms += by;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Counts the calling form as open for as long as it is mounted. */
export function useOpenWork(): void {
  useEffect(() => {
    change(1);
    return () => change(-1);
  }, []);
}

/** True while any form is open. */
export function useHasOpenWork(): boolean {
  return useSyncExternalStore(subscribe, () => openForms > 0);
}
