import { useCallback, useEffect, useRef, type MouseEvent } from 'react';
import { useNavigate } from 'react-router';

/**
 * Answers what follows a plain link inside of the app: the same function for as long as the page is open. For the rows of a table: a
 * thousand links of the router would all be rendered anew with every change of the address.
 */
export function useFollow(): (event: MouseEvent<HTMLAnchorElement>) => void {
  const navigate = useNavigate();
  const latest = useRef(navigate);
  useEffect(() => {
    latest.current = navigate;
  });
  return useCallback((event) => {
    const { button, metaKey, altKey, ctrlKey, shiftKey } = event;
    // In another tab or window: that is the browser's.
    if (button !== 0 || metaKey || altKey || ctrlKey || shiftKey) return;
    event.preventDefault();
    void latest.current(event.currentTarget.pathname);
  }, []);
}
