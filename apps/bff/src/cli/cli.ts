/**
 * @file The `dropsafe` command of the operator's terminal: users and their permissions, secrets of
 * providers elsewhere, the audit trail. Works beside a running node (on
 * its embedded database, too) and without one. Passwords come from standard input or are made up; never from the
 * command line, which other processes can read.
 */
import { randomUUID } from 'node:crypto';
import { text as readAll } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import {
  permissionNames,
  permissions as sentences,
  type Permission,
} from '@dropsafe/contract/permissions';
import { systemCaller } from '../base/caller.ts';
import type { DatabaseTarget } from '../base/database.ts';
import { findRunningEmbeddedPostgres } from '../base/embedded-postgres.ts';
import { createLog, type Log } from '../base/log.ts';
import { Problem } from '../base/problem.ts';
import { Redacted } from '../base/redacted.ts';
import { StartError } from '../base/start-error.ts';
import { readConfig, type Config } from '../config.ts';
import { randomPassword } from '../identity/password.ts';
import { openRooms, openVerification, startDatabase } from '../node.ts';
import type { Rooms } from '../wiring.ts';
import { AuditCommandError, dropExported, ofTheseTables, verifyTrail } from './audit-commands.ts';
import { bindSecret, SecretCommandError } from './secret-commands.ts';

const usage = `Usage:
  npx pnpm dropsafe users create NAME [--permission PERMISSION]... [--password-stdin]
  npx pnpm dropsafe users reset-password NAME [--password-stdin]
  npx pnpm dropsafe users set-permissions NAME [--permission PERMISSION]...
  npx pnpm dropsafe secrets bind NAME --provider PROVIDER [--description TEXT] [--destination ORIGIN]... | --no-destinations
  npx pnpm dropsafe audit verify [--file EXPORT.ndjson]... [--checkpoint FILE]
  npx pnpm dropsafe audit drop --before DATE --exported EXPORT.ndjson

Without --password-stdin a random password is printed once. reset-password also unlocks the account, ends its
sessions and removes its passkeys.
set-permissions replaces what the user had; without --permission nothing is left.
secrets bind says where a value may be sent that you have put into a provider yourself (a variable, a file, a vault), and what it
is for. The destinations replace those that were bound; what is not given is kept.
audit verify names the first event that was altered, removed or moved. Without --file it looks at the database; it compares
with the newest checkpoint of the data directory, or with the one that is given. audit drop removes events that are older
than DATE (UTC) and stand in the exported file.

Permissions:
${permissionNames.map((name) => `  ${name.padEnd(30)} ${sentences[name]}`).join('\n')}
`;

/** A mistake in the command line; printed with the usage. */
class UsageError extends Error {}

const commands: Record<string, (rooms: Rooms, name: string, options: Options) => Promise<string>> =
  {
    async create({ identity }, name, { permissions, password, isMadeUp }) {
      const { hasAccessManager } = await identity.createUser(caller, {
        name,
        password,
        permissions,
      });
      return `User ${name} was created.${shown(password, isMadeUp)}${hasAccessManager ? '' : withoutManager(name, permissions)}`;
    },
    async 'reset-password'({ identity }, name, { password, isMadeUp }) {
      await identity.resetPassword(caller, { name, password });
      return `${name} has a new password; all sessions of this user have ended, and its passkeys were removed.${shown(password, isMadeUp)}`;
    },
    async 'set-permissions'({ identity }, name, { permissions }) {
      await identity.setPermissions(caller, { name, permissions });
      return `${name} now has: ${permissions.join(', ') || 'no permission'}.`;
    },
  };

interface Options {
  permissions: Permission[];
  password: Redacted<string>;
  isMadeUp: boolean;
}

const caller = systemCaller('terminal', randomUUID());

function shown(password: Redacted<string>, isMadeUp: boolean): string {
  return isMadeUp ? `\n\n  Password  ${password.reveal()}\n\nIt is shown once.` : '';
}

/** A start makes `admin` in an empty database only, so whoever creates another user first has to say who manages access. */
function withoutManager(name: string, held: readonly Permission[]): string {
  const wanted = [...held, 'ACCESS_MANAGEMENT'].map((permission) => `--permission ${permission}`);
  return `\n\nNobody can sign in and manage access yet, and now that there is a user no start makes \`admin\`. To let ${name} do it, run:\n\n  npx pnpm dropsafe users set-permissions ${name} ${wanted.join(' ')}`;
}

async function run(): Promise<string> {
  const { positionals, values } = parse();
  const [group, verb = '', name] = positionals;
  if (group === 'audit') return runAudit(verb, positionals.length, values);
  if (group === 'secrets') return runSecrets(positionals.slice(1), values);
  const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
  if (group !== 'users' || command === undefined || name === undefined || positionals.length > 3)
    throw new UsageError('There is no such command.');
  const permissions = values.permission.map((text) => {
    const permission = permissionNames.find((known) => known === text);
    if (permission === undefined) throw new UsageError('There is no such permission.');
    return permission;
  });
  const isMadeUp = !values['password-stdin'];
  const password = isMadeUp
    ? randomPassword()
    : new Redacted((await readAll(process.stdin)).replace(/\r?\n$/, ''));
  return withRooms((rooms) => command(rooms, name, { permissions, password, isMadeUp }));
}

async function runAudit(
  verb: string,
  words: number,
  { before, checkpoint, ...values }: ReturnType<typeof parse>['values'],
): Promise<string> {
  const files = verb === 'drop' ? values.exported : values.file;
  const options = { files, checkpoint, before };
  if (verb === 'verify' && words === 2)
    return withDatabase((target, config, _, started) =>
      ofTheseTables(async () =>
        verifyTrail(await openVerification(target, config, started), options, config.dataDir),
      ),
    );
  if (verb === 'drop' && words === 2 && before !== undefined && files.length > 0)
    return withRooms(({ trail }) => dropExported(trail, caller, options));
  throw new UsageError('There is no such command.');
}

async function runSecrets(
  [verb, name, ...tooMany]: string[],
  { provider, description, destination, ...values }: ReturnType<typeof parse>['values'],
): Promise<string> {
  if (verb !== 'bind' || name === undefined || tooMany.length > 0)
    throw new UsageError('There is no such command.');
  if (provider === undefined) throw new UsageError('Name the provider with --provider.');
  const isNowhere = values['no-destinations'];
  if (isNowhere && destination.length > 0)
    throw new UsageError('Give either --destination or --no-destinations.');
  const destinations = isNowhere || destination.length > 0 ? destination : undefined;
  if (destinations === undefined && description === undefined)
    throw new UsageError('Give --destination, --no-destinations or --description.');
  return withRooms(({ secrets }) =>
    bindSecret(secrets, caller, name, { provider, description, destinations }),
  );
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        permission: { type: 'string', multiple: true, default: [] },
        'password-stdin': { type: 'boolean', default: false },
        file: { type: 'string', multiple: true, default: [] },
        checkpoint: { type: 'string' },
        before: { type: 'string' },
        provider: { type: 'string' },
        description: { type: 'string' },
        destination: { type: 'string', multiple: true, default: [] },
        'no-destinations': { type: 'boolean', default: false },
        exported: { type: 'string', multiple: true, default: [] },
      },
    });
  } catch {
    throw new UsageError('There is no such option.');
  }
}

const withRooms = <T>(work: (rooms: Rooms) => Promise<T>): Promise<T> =>
  withDatabase(async (target, config, log, started) =>
    work(await openRooms(target, config, log, started)),
  );

type Started = { add: (stop: () => Promise<void>) => void };

async function withDatabase<T>(
  work: (target: DatabaseTarget, config: Config, log: Log, started: Started) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env);
  // Standard output is for the answer; what happens on the way is told on the other channel.
  const log = createLog((line) => process.stderr.write(line));
  const stops: (() => Promise<void>)[] = [];
  const started: Started = { add: (stop) => void stops.unshift(stop) };
  try {
    const running =
      config.databaseUrl === undefined
        ? await findRunningEmbeddedPostgres(config.dataDir)
        : undefined;
    const quiet = { ...log, info: () => {} };
    const target = running ?? (await startDatabase(config, quiet, started, () => {}));
    return await work(target, config, quiet, started);
  } finally {
    for (const stop of stops) await stop();
  }
}

// By default this signal opens an inspector with the whole memory, to whoever can reach the port.
process.on('SIGUSR1', () => {});

try {
  process.stdout.write(`${await run()}\n`);
} catch (error) {
  process.exitCode = 1;
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${usage}`);
  else if (
    error instanceof StartError ||
    error instanceof AuditCommandError ||
    error instanceof SecretCommandError
  )
    process.stderr.write(`${error.message}\n`);
  else if (error instanceof Problem)
    process.stderr.write(
      `${error.params.errors?.map(({ message }) => message).join(' ') ?? error.params.detail ?? error.code}\n`,
    );
  else createLog((line) => process.stderr.write(line)).error('command.failed', error);
}
