import { useEffect, useState } from 'react';
import { pageTitleId } from './Page.tsx';

/**
 * Answers what to call once a row is gone, and with it the button that opened the dialog: the title of the page then has
 * the focus.
 */
export function useFocusAfterRemoval(): () => void {
  const [removals, setRemovals] = useState(0);
  useEffect(() => {
    // An effect: it runs after the dialog has given the focus back.
    if (removals > 0) document.getElementById(pageTitleId)?.focus();
  }, [removals]);
  return () => setRemovals((count) => count + 1);
}
