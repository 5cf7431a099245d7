/**
 * @file A process of its own that rewrites a file of a folder over and over, so that it happens at any moment of somebody
 * else's reading: `node file-rewriter.ts FOLDER NAME WAY`, started by `fork`. For every message `{ first, last }` it
 * writes those numbers one after the other, without a pause, and tells each one that is done.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** How the file is rewritten. */
export type Way = 'by rename' | 'by symlink swap' | 'in place';

/** The content with a number: up to 40 KiB, of another length each time, and no part of one is a part of another. */
export function contentOf(number: number): string {
  const hash = createHash('sha256').update(String(number)).digest();
  return `${number};`.repeat(1 + (hash.readUInt16LE() % 8_000));
}

/** The number of a content, or undefined when it is none: torn, mixed or empty. */
export function numberOf(content: string): number | undefined {
  const number = Number.parseInt(content, 10);
  return content === contentOf(number) ? number : undefined;
}

/** Writes one of them. The first one of `by symlink swap` makes the links, as Kubernetes lays out a volume. */
export function rewrite(folder: string, name: string, way: Way, number: number): void {
  const content = contentOf(number);
  if (way === 'in place') {
    writeFileSync(join(folder, name), content);
  } else if (way === 'by rename') {
    writeFileSync(join(folder, `.${name}.new`), content);
    renameSync(join(folder, `.${name}.new`), join(folder, name));
  } else {
    mkdirSync(join(folder, `..${number}`));
    writeFileSync(join(folder, `..${number}`, name), content);
    symlinkSync(`..${number}`, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    if (number === 0) symlinkSync(join('..data', name), join(folder, name));
    else rmSync(join(folder, `..${number - 1}`), { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder = '', name = '', way] = process.argv.slice(2);
  process.on('message', ({ first, last }: { first: number; last: number }) => {
    for (let number = first; number <= last; number++) {
      // as: one of ours, see above
      rewrite(folder, name, way as Way, number);
      process.send?.(number);
    }
  });
}
