import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newDataDir, spawnNode } from '../testkit/node.ts';
import { childrenOf, isAlive, processesOf } from '../testkit/processes.ts';

// Everything is installed and built, as it is for whoever starts a second time.
test('npm start serves with a database of its own, ends all of it on Ctrl-C, and starts again on the same data', async () => {
  const launcher = join(import.meta.dirname, '../../../scripts/start.mjs');
  const { dataDir, remove } = await newDataDir();
  try {
    for (const start of ['first', 'second']) {
      const node = await spawnNode({ DROPSAFE_DATA_DIR: dataDir }, launcher);
      try {
        // oxlint-disable-next-line no-restricted-globals -- a test is a caller, not the product
        const { status } = await fetch(`${node.url}/readyz`);
        const [bff = 0] = childrenOf(node.process.pid ?? 0);
        expect([start, status, isAlive(bff), processesOf(dataDir).length > 0]).toEqual([
          start,
          200,
          true,
          true,
        ]);
        await node.end('SIGINT');
        expect([node.process.exitCode, isAlive(bff), processesOf(dataDir)]).toEqual([0, false, []]);
      } finally {
        node.process.kill('SIGKILL');
      }
    }
  } finally {
    await remove();
  }
});
