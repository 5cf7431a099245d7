import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a run puts what the leak sweep looks through; handed to the workers by environment. */
export const recordDir = (process.env['DROPSAFE_E2E_RECORD'] ??= join(
  tmpdir(),
  `dropsafe-e2e-${process.pid}-${Date.now()}`,
));

/** Keeps something for the leak sweep. */
export function record(name: string, content: string | Uint8Array): void {
  mkdirSync(recordDir, { recursive: true });
  writeFileSync(join(recordDir, name.replaceAll(/[^\w.-]+/g, '_').slice(0, 150)), content);
}

/** Adds to something that is kept for the leak sweep. */
export function recordMore(name: string, content: string | Uint8Array): void {
  mkdirSync(recordDir, { recursive: true });
  appendFileSync(join(recordDir, name.replaceAll(/[^\w.-]+/g, '_').slice(0, 150)), content);
}
