/** @file Vitest's global setup of the projects that need PostgreSQL: one server for the run, handed on by environment. */
import { startTestPostgres, testPostgresVariable } from './postgres.ts';

/** Starts the server and gives the function that ends it. A run inside another (that has a server) takes that one. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env[testPostgresVariable] !== undefined) return async () => {};
  const server = await startTestPostgres();
  process.env[testPostgresVariable] = JSON.stringify(server.connection);
  return async () => {
    delete process.env[testPostgresVariable];
    await server.stop();
  };
}
