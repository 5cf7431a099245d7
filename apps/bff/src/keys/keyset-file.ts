/** @file The keyset on disk: read it, or write a first one so that a kill at any moment leaves all of it or nothing. */
import { constants } from 'node:fs';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../base/database.ts';
import { Redacted } from '../base/redacted.ts';
import { StartError } from '../base/start-error.ts';

/** The text of the file, or undefined when there is none. Refuses one that others can read. */
export async function readKeysetFile(path: string): Promise<Redacted<string> | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new StartError(`The keyset file ${path} can be read by others. Run: chmod 600 ${path}`);
    }
    return new Redacted(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof StartError) throw error;
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new StartError(
      `The keyset file ${path} cannot be read (${codeOf(error) ?? 'unknown reason'}).`,
      { cause: error },
    );
  }
}

/**
 * Writes a first keyset: temporary name, fsync, its own name, fsync of the folder; file 0600, folder 0700. Never replaces
 * one (a link fails where a rename would), and leaves no part of one when it fails.
 */
export async function writeKeysetFile(path: string, text: Redacted<string>): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${process.pid}.new`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await unlink(temporary).catch(() => {});
    const file = await open(
      temporary,
      constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY,
      0o600,
    );
    await file.writeFile(text.reveal());
    await file.sync();
    await file.close();
    await link(temporary, path);
    await unlink(temporary);
    const directory = await open(folder, constants.O_RDONLY);
    await directory.sync();
    await directory.close();
  } catch (error) {
    await unlink(temporary).catch(() => {});
    const code = codeOf(error) ?? 'unknown reason';
    const why = ['ENOSPC', 'EDQUOT'].includes(code) ? ': the disk is full' : ` (${code})`;
    throw new StartError(`The keyset file ${path} cannot be written${why}. Nothing was changed.`, {
      cause: error,
    });
  }
}
