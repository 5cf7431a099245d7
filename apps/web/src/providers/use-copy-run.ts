import { useEffect, useRef, useState } from 'react';
import { useCopySecret, useRefreshList } from '../secrets/secrets.queries.ts';
import { copyEach, type CopyRun } from './copy-run.ts';

/** Copies secrets out of the provider `from`, with how far it is. Nothing is begun any more once it was told to stop. */
export function useCopyRun(from: string) {
  const { mutateAsync: copy } = useCopySecret();
  const refresh = useRefreshList();
  const isStopped = useRef(false);
  const [run, setRun] = useState<CopyRun | null>(null);
  const [isStopping, setStopping] = useState(false);
  const isRunning = run?.isRunning === true;

  useEffect(() => {
    if (!isRunning) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isRunning]);
  // Whatever closes the dialog, the end of the session too, ends the run.
  useEffect(() => {
    isStopped.current = false;
    return () => void (isStopped.current = true);
  }, []);

  return {
    /** Null before it began. */
    run,
    isStopping,
    start: (names: readonly string[], to: string): void => {
      isStopped.current = false;
      setStopping(false);
      void copyEach(
        names,
        (name) => copy({ name, from, to }),
        () => isStopped.current,
        setRun,
      ).finally(refresh);
    },
    stop: (): void => {
      isStopped.current = true;
      setStopping(true);
    },
    /** Forgets how the last one ended. */
    clear: () => setRun(null),
  };
}
