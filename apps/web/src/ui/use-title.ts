import { useEffect } from 'react';

/** Names the page in the tab and for screen readers. */
export function useTitle(page: string): void {
  useEffect(() => {
    document.title = `${page} – Dropsafe`;
  }, [page]);
}
