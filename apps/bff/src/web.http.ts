/**
 * @file Serves the built web app from memory: hashed assets may be kept for ever, the page itself gets a fresh nonce with
 * every answer (CSP level 3). Every path without a file is the page: the web app routes itself.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Hono } from 'hono';
import type { RequestEnv } from './base/route.http.ts';
import { StartError } from './base/start-error.ts';
import { pagePolicy } from './headers.ts';

const typeByExtension: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** The files of the built web app. */
export interface WebApp {
  page: string;
  files: ReadonlyMap<
    string,
    { type: string; plain: Uint8Array<ArrayBuffer>; gzipped: Uint8Array<ArrayBuffer> }
  >;
}

/** Reads the built web app. Throws a `StartError` when it was not built. */
export async function readWebApp(folder: string): Promise<WebApp> {
  const files: [
    string,
    { type: string; plain: Uint8Array<ArrayBuffer>; gzipped: Uint8Array<ArrayBuffer> },
  ][] = [];
  let page: string;
  try {
    page = await readFile(join(folder, 'index.html'), 'utf8');
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const type = typeByExtension[extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const plain = new Uint8Array(await readFile(path));
      const gzipped = new Uint8Array(await promisify(gzip)(plain, { level: 9 }));
      files.push([path.slice(folder.length).replaceAll('\\', '/'), { type, plain, gzipped }]);
    }
  } catch (error) {
    throw new StartError(
      `The web app is not built (${folder}). "npm start" builds it; or run "npx pnpm --filter @dropsafe/web build".`,
      { cause: error },
    );
  }
  return { page, files: new Map(files) };
}

/** Serves the web app. */
export function mountWebApp(
  app: Hono<RequestEnv>,
  { page, files }: WebApp,
  isSecure: boolean,
): void {
  app.get('*', (c) => {
    const file = files.get(c.req.path);
    if (file === undefined) {
      const nonce = randomBytes(18).toString('base64url');
      c.header('Content-Security-Policy', pagePolicy(nonce, isSecure));
      c.header('Cache-Control', 'no-store');
      return c.html(page.replaceAll('__CSP_NONCE__', nonce));
    }
    const isGzipped =
      /\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '') &&
      file.gzipped.length < file.plain.length;
    return c.body(isGzipped ? file.gzipped : file.plain, 200, {
      'Content-Type': file.type,
      'Cache-Control': c.req.path.startsWith('/assets/')
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
      Vary: 'Accept-Encoding',
      ...(isGzipped && { 'Content-Encoding': 'gzip' }),
    });
  });
}
