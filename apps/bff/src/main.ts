/** @file The `dropsafe` server process: reads the configuration, starts a node, ends it on a signal. */
import { createLog } from './base/log.ts';
import { StartError } from './base/start-error.ts';
import { readConfig } from './config.ts';
import { startNode, type RunningNode } from './node.ts';

const print = (text: string) => process.stdout.write(text);
const log = createLog(print);

// By default this signal opens an inspector with the whole memory, to whoever can reach the port.
process.on('SIGUSR1', () => log.warn('signal.ignored', { signal: 'SIGUSR1' }));

let node: RunningNode | undefined;
let isStopping = false;

/** Stops the node once; a second signal while it stops changes nothing. */
async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  process.exitCode = exitCode;
  await end();
}

/** Ends what was started. While it is only being started there is nothing yet, and the start looks again. */
async function end(): Promise<void> {
  if (node === undefined) return;
  await node.stop();
  log.info('node.stopped');
  // A connection whose other side is frozen is never closed, and would keep this process for as long.
  setTimeout(() => process.exit(), 1_000).unref();
}

function stopOn(signal: NodeJS.Signals): void {
  process.on(signal, () => {
    stop(0).catch((error: unknown) => {
      log.error('node.stop-failed', error);
      process.exit(1);
    });
  });
}

try {
  // Held back until there is something to stop; the default action would leave the database to the guard.
  stopOn('SIGINT');
  stopOn('SIGTERM');
  stopOn('SIGHUP');
  node = await startNode(readConfig(process.env), log, (reason) => {
    log.warn('node.lost', { reason });
    stop(1).catch(() => process.exit(1));
  });
  if (node.firstPassword !== undefined) {
    print(
      `\n  User      admin\n  Password  ${node.firstPassword.reveal()}\n\n  This password is shown once. Sign in and change it.\n`,
    );
  }
  if (node.isUnused) {
    print(
      '\n  Nobody has signed in yet. If the first password was lost, run:\n\n    npx pnpm dropsafe users reset-password admin\n',
    );
  }
  print(`\n  Dropsafe is ready at ${node.url.replace('127.0.0.1', 'localhost')}\n\n`);
  if (isStopping) await end();
} catch (error) {
  if (error instanceof StartError) {
    process.stderr.write(`\nDropsafe cannot start. ${error.message}\n\n`);
    if (error.cause !== undefined) log.error('node.start-failed', error.cause);
  } else log.error('node.start-failed', error);
  process.exitCode = 1;
}
