/** @file A disk of its own, small enough to be filled. Needs root on Linux. */
import { execFileSync } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** True where `mountSmallDisk` works. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0;

/** A mounted disk. */
export interface SmallDisk {
  /** Fills it up until so many KiB are left. */
  fill: (leftKiB: number) => Promise<void>;
  /** Makes the room again. */
  clear: () => Promise<void>;
  unmount: () => void;
}

/** Mounts a disk of so many KiB at a folder, which is made. */
export async function mountSmallDisk(folder: string, sizeKiB: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k,mode=0711`, 'tmpfs', folder]);
  const ballast = join(folder, 'ballast');
  return {
    async fill(leftKiB) {
      const { bavail, bsize } = await statfs(folder);
      const file = await open(ballast, 'w');
      try {
        const block = Buffer.alloc(4096);
        for (let left = bavail * bsize; left > leftKiB * 1024; left -= block.length) {
          await file.write(block);
        }
      } catch {
        // Full before it was expected: as wished.
      } finally {
        await file.close();
      }
    },
    clear: () => rm(ballast, { force: true }),
    unmount: () => execFileSync('umount', ['-l', folder]),
  };
}
