import { printReference } from '@dropsafe/contract/secrets';
import { useCallback } from 'react';
import { useToast } from '../ui/Toasts.tsx';

/** Answers what puts the expression of a secret into the clipboard, and says so. The same function for as long as the page is open. */
export function useCopyExpression(): (name: string) => void {
  const toast = useToast();
  return useCallback(
    (name) => {
      const expression = printReference(name);
      const copy = async (): Promise<void> => {
        try {
          await navigator.clipboard.writeText(expression);
          toast(`Copied ${expression}`);
        } catch {
          // Not over TLS, or not allowed: it stays in sight until it was copied by hand.
          toast(`It could not be copied. Copy it by hand: ${expression}`, 'error');
        }
      };
      void copy();
    },
    [toast],
  );
}
