/** @file `dropsafe audit …`: whether the trail is what was written, and what to do with its old end. */
import { open } from 'node:fs/promises';
import { checkpointPath, readCheckpointFile } from '../audit/checkpoint-file.ts';
import { parseLine } from '../audit/export.ts';
import type { Trail } from '../audit/trail.ts';
import type { Events, Verification } from '../audit/verification.ts';
import type { Fault, Verdict } from '../audit/verify.ts';
import type { Caller } from '../base/caller.ts';
import { codeOf } from '../base/database.ts';

/** Why an `audit` command did not come to its end, in the operator's words. */
export class AuditCommandError extends Error {}

/** What was asked for. */
export interface AuditOptions {
  /** NDJSON exports that follow upon each other. */
  files: readonly string[];
  checkpoint: string | undefined;
  before: string | undefined;
}

/** Verifies the database, or exported files. Throws an `AuditCommandError` that names the first event that does not hold. */
export async function verifyTrail(
  trail: Pick<Verification, 'verify'>,
  { files, checkpoint: file }: AuditOptions,
  dataDir: string,
): Promise<string> {
  const path = file ?? checkpointPath(dataDir);
  const checkpoint = await fromFile(() => readCheckpointFile(path));
  if (file !== undefined && checkpoint === undefined)
    throw new AuditCommandError('There is no such checkpoint file.');
  const isOfDatabase = files.length === 0;
  const verdict = await fromFile(() =>
    trail.verify({
      exported: isOfDatabase ? undefined : eventsOf(files),
      checkpoint,
      // An export may well be older than the checkpoint of the data directory, the database may not.
      isNewest: isOfDatabase || file !== undefined,
    }),
  );
  if (verdict.fault !== undefined) throw new AuditCommandError(told(verdict.fault, verdict));
  const compared = checkpoint === undefined ? ' There is no checkpoint to compare with.' : '';
  return `${events(verdict.held)} hold${verdict.held === 1 ? 's' : ''}, up to number ${verdict.end.id}.${compared}${verdict.lostEnds.map(lostEnd).join('')}`;
}

/** Nothing is migrated for whoever only looks: tables of another version, or none, are told in words. */
export async function ofTheseTables<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // undefined_table, undefined_column
    if (!['42P01', '42703'].includes(codeOf(error) ?? '')) throw error;
    throw new AuditCommandError(
      'This database has no tables of this version. Start Dropsafe with it first, or use the version that it was started with.',
      { cause: error },
    );
  }
}

/** Drops what is old and in the files. */
export async function dropExported(
  trail: Trail,
  caller: Caller,
  { files, before }: AuditOptions,
): Promise<string> {
  const moment = momentOf(before);
  const dropped = await fromFile(() =>
    trail.drop(caller, { before: moment, exported: eventsOf(files) }),
  );
  return dropped === 0
    ? 'There is nothing to drop.'
    : `${events(dropped)} ${dropped === 1 ? 'was' : 'were'} dropped. Keep the exported file: it is the only copy.`;
}

const lostEnd = (id: number) => ` Event ${id} says that the end of the chain had been taken away.`;

const events = (count: number) => `${count} event${count === 1 ? '' : 's'}`;

function told({ id, what }: Fault, { held }: Verdict): string {
  const sentences = {
    altered: `Event ${id} was altered.`,
    missing: `Event ${id} is missing.`,
    moved: `Event ${id} is not where it was written.`,
    'cut-off': `The end was cut off: event ${id} is missing, and all after it.`,
    'end-missing': `The end of the chain was taken away, so that nobody can tell whether event ${id} was there.`,
    unreadable: `Event ${id} cannot be read in the file.`,
  };
  return `${sentences[what]} ${events(held)} before it hold${held === 1 ? 's' : ''}.`;
}

/** A day or a moment in UTC, as the trail writes moments. */
function momentOf(text: string | undefined): string {
  const isMoment = text !== undefined && /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text);
  const time = isMoment ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new AuditCommandError('Give --before as a day such as 2026-01-31, or a moment in UTC.');
  return new Date(time).toISOString();
}

async function* eventsOf(files: readonly string[]): Events {
  for (const path of files) {
    const file = await open(path);
    // Closes the file, too.
    for await (const line of file.readLines()) yield parseLine(line);
  }
}

/** A file that is not there or cannot be read is the operator's to know, without a library's words. */
async function fromFile<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || !['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM'].includes(code))
      throw error;
    throw new AuditCommandError(`A file cannot be read (${code}).`, { cause: error });
  }
}
