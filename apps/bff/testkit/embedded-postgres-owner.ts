/**
 * @file A process of its own that owns the embedded server of a data directory, to be killed by tests:
 * `node embedded-postgres-owner.ts DATA_DIR [UID GID]`. It writes JSON lines about what happens, becomes the given user
 * first, stops on SIGTERM, and then ends because nothing is left to do.
 */
import { startEmbeddedPostgres } from '../src/base/embedded-postgres.ts';

const [dataDir = '', uid, gid] = process.argv.slice(2);
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (uid !== undefined && gid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
}
try {
  const server = await startEmbeddedPostgres({
    dataDir,
    onEvent: (event) => tell({ event }),
    onLost: (reason) => tell({ lost: reason }),
  });
  process.once('SIGTERM', () => void server.stop());
  tell({ ready: server.connection });
} catch (error) {
  tell({ failed: error instanceof Error ? `${error.name}: ${error.message}` : 'not an error' });
  process.exitCode = 1;
}
