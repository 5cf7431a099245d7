/** @file Processes as the operating system shows them: which are there, which still live, what they listen on. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../src/base/embedded-postgres-process.ts';

export { isAlive };

interface ListedProcess {
  pid: number;
  parent: number;
  command: string;
}

function listProcesses(): ListedProcess[] {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return lines.split('\n').flatMap((line) => {
    const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || command.startsWith('ps -ww')
      ? []
      : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

/** Server, guard and helper of the guard of a data directory: everything that its embedded PostgreSQL consists of. */
export function processesOf(dataDir: string): number[] {
  const all = listProcesses();
  const named = all.filter(({ command }) => command.includes(`${dataDir}/`)).map(({ pid }) => pid);
  return [...new Set([...named, ...named.flatMap((pid) => childrenIn(all, pid))])];
}

/** The direct children of a process. Of a postmaster: its backends and helpers. */
export const childrenOf = (pid: number): number[] => childrenIn(listProcesses(), pid);

const childrenIn = (all: ListedProcess[], parent: number) =>
  all.filter((process) => process.parent === parent).map(({ pid }) => pid);

/** The server processes that serve a connection of Dropsafe's pool. */
export function backendsOf(postmaster: number): number[] {
  return listProcesses()
    .filter(({ parent, command }) => parent === postmaster && / dropsafe dropsafe /.test(command))
    .map(({ pid }) => pid);
}

/** The postmaster of the embedded server of a data directory, while there is one. */
export function postmasterOf(dataDir: string): number | undefined {
  const path = join(dataDir, 'postgres', 'postmaster.pid');
  if (!existsSync(path)) return undefined;
  const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
  return isAlive(pid) ? pid : undefined;
}

/** Sends a signal to a process that may have ended just now. */
export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // It was quicker.
  }
}

/** TCP ports that a process listens on (Linux only). */
export function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      // Columns: local address as hex:hex, then the state, where 0A is LISTEN, and the socket's inode.
      .filter(({ 3: state, 9: inode }) => state === '0A' && sockets.has(inode))
      .map(({ 1: local = '' }) => Number.parseInt(local.split(':')[1] ?? '', 16)),
  );
}

/** What every program of ours is run with. As with `npm start` compiled code is kept: the next start is quicker. */
export const programEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../../node_modules/.cache/node'),
});

/** A program that has ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Both, in no order. */
  output: string;
}

/** A program that runs, and its end. */
export interface RunningProgram {
  process: ChildProcess;
  ended: Promise<Ended>;
}

/** How a program is run. */
export interface ProgramOptions {
  args?: string[];
  /** All of its environment but what every program is run with. */
  env: Record<string, string>;
  input?: string;
  /** Killed when it prints this: what it should never come to. */
  killOn?: string;
}

/** Runs a TypeScript program of ours in a process of its own. */
export function runProgram(
  script: string,
  { args = [], env, input, killOn }: ProgramOptions,
): RunningProgram {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...programEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (killOn !== undefined && stdout.includes(killOn)) child.kill('SIGKILL');
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const ended = once(child, 'close').then(() => ({
    code: child.exitCode,
    signal: child.signalCode,
    stdout,
    stderr,
    output: stdout + stderr,
  }));
  return { process: child, ended };
}
