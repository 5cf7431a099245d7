/** @file An event as a line of an export, and back. Pure. */
import {
  ExportedEventSchema,
  type AuditEntry,
  type ExportedEvent,
  type ExportFormat,
} from '@dropsafe/contract/audit';
import type { StoredEvent } from './chain.ts';

/** An event as the API tells it. */
export function entryOf(event: StoredEvent): AuditEntry {
  const { id, at, principalKind, principalId, principalName, means, mac: _, ...rest } = event;
  const { action, subject, fields, permissions, address, requestId } = rest;
  return {
    id,
    at,
    principal: { kind: principalKind, id: principalId, name: principalName, means },
    action,
    subject,
    fields: fields && [...fields],
    permissions: permissions && [...permissions],
    address,
    requestId,
  };
}

/** What a file of this format begins with. */
export const headOf = (format: ExportFormat): string =>
  format === 'csv' ? csvLine(csvColumns.map(([name]) => name)) : '';

/** One event as a line of this format. */
export function lineOf(format: ExportFormat, event: StoredEvent): string {
  if (format === 'csv') return csvLine(csvColumns.map(([, read]) => read(event)));
  const mac = Buffer.from(event.mac).toString('hex');
  return `${JSON.stringify({ ...entryOf(event), mac } satisfies ExportedEvent)}\n`;
}

/** Reads a line of an NDJSON export; undefined when it is none. */
export function parseLine(line: string): StoredEvent | undefined {
  const parsed = ExportedEventSchema.safeParse(parseJson(line)).data;
  if (parsed === undefined) return undefined;
  const { principal, mac, ...event } = parsed;
  return {
    ...event,
    principalKind: principal.kind,
    principalId: principal.id,
    principalName: principal.name,
    means: principal.means,
    mac: Buffer.from(mac, 'hex'),
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const csvColumns: [name: string, read: (event: StoredEvent) => string][] = [
  ['id', ({ id }) => String(id)],
  ['at', ({ at }) => at],
  ['principalKind', ({ principalKind }) => principalKind],
  ['principalId', ({ principalId }) => principalId ?? ''],
  ['principalName', ({ principalName }) => principalName ?? ''],
  ['means', ({ means }) => means ?? ''],
  ['action', ({ action }) => action],
  ['subject', ({ subject }) => subject],
  ['fields', ({ fields }) => fields?.join(' ') ?? ''],
  ['permissions', ({ permissions }) => permissions?.join(' ') ?? ''],
  ['address', ({ address }) => address ?? ''],
  ['requestId', ({ requestId }) => requestId],
];

/** A record of RFC 4180. */
const csvLine = (cells: readonly string[]) => `${cells.map(csvCell).join(',')}\r\n`;

/**
 * A cell of RFC 4180. What a spreadsheet would take for a formula gets an apostrophe in front and is shown as it is
 * (OWASP, CSV injection): a name in the trail may come from somebody who is not even signed in.
 */
export function csvCell(text: string): string {
  const defused = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n\t]|^'/.test(defused) ? `"${defused.replaceAll('"', '""')}"` : defused;
}
