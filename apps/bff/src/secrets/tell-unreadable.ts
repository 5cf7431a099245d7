import type { Audit } from '../audit/audit.ts';
import type { Caller } from '../base/caller.ts';
import { Problem } from '../base/problem.ts';

/** Makes what records that a secret did not open, for whoever met it, and throws the same again. */
export const createTellUnreadable =
  (audit: Audit) =>
  (caller: Caller, name: string) =>
  async (error: unknown): Promise<never> => {
    if (error instanceof Problem && error.code === 'secret-unreadable')
      await audit.recordAlone(caller, { action: 'secret.unreadable', subject: name });
    throw error;
  };
