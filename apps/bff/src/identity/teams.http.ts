import { operations } from '@dropsafe/contract/operations';
import type { Routes } from '../base/route.http.ts';
import type { Teams } from './teams.ts';

/** Routes of teams. */
export function mountTeams({ mount }: Routes, teams: Teams): void {
  mount(operations.listTeams, async ({ caller, query }) => ({
    body: await teams.list(caller, query),
  }));

  mount(operations.createTeam, async ({ caller, body }) => {
    const { team, etag } = await teams.create(caller, body);
    return { body: team, etag, location: `/api/v1/teams/${team.id}` };
  });

  mount(operations.describeTeam, async ({ caller, params }) => {
    const { team, etag } = await teams.describe(caller, params.id);
    return { body: team, etag };
  });

  mount(operations.updateTeam, async ({ caller, params, body, ifMatch }) => {
    const { team, etag } = await teams.update(caller, params.id, ifMatch, body);
    return { body: team, etag };
  });

  mount(operations.deleteTeam, async ({ caller, params, ifMatch }) => {
    await teams.delete(caller, params.id, ifMatch);
    return { body: undefined };
  });
}
