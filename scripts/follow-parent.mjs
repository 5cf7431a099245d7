/**
 * @file Loaded into the BFF by `npm start` (`--import`): when the launcher is gone, killed perhaps, the BFF ends as it
 * does on SIGTERM, so that nobody finds the port taken by a process that nothing leads to. File descriptor 3 is a pipe
 * that closes with the launcher.
 */
import { Socket } from 'node:net';

new Socket({ fd: 3 })
  .on('error', () => {})
  .on('close', () => process.kill(process.pid, 'SIGTERM'))
  .resume()
  .unref();
