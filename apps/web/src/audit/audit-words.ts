import { auditActions, type AuditEntry } from '@dropsafe/contract/audit';

/** @file An event in words. */

/** The action of an event as a sentence begins; one of another version by its name. */
export function actionWords(action: string): string {
  if (!isKnown(action)) return action;
  const words = auditActions[action];
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What the fields of an event are: those that a change touched, or in one word why something was refused. */
export function fieldsTitle(action: string): string {
  return /(refused|denied)$/.test(action) ? 'Reason' : 'Fields';
}

/** Who did it. */
export function principalWords({ kind, name }: AuditEntry['principal']): string {
  if (kind === 'system')
    return name === 'terminal' ? 'Operator at the terminal' : 'Dropsafe itself';
  if (kind === 'identity-provider') return `Provider ${name?.replace('oidc:', '') ?? ''}`;
  return name ?? 'Not signed in';
}

function isKnown(action: string): action is keyof typeof auditActions {
  return Object.hasOwn(auditActions, action);
}
