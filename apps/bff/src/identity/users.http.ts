import { operations } from '@dropsafe/contract/operations';
import { Redacted } from '../base/redacted.ts';
import type { Routes } from '../base/route.http.ts';
import type { Invitations } from './invitations.ts';
import type { Users } from './users.ts';

/** Routes of users and of their invitations. */
export function mountUsers({ mount }: Routes, users: Users, invitations: Invitations): void {
  mount(operations.listUsers, async ({ caller, query }) => ({
    body: await users.list(caller, query),
  }));

  mount(operations.listTeamMembers, async ({ caller, params, query }) => ({
    body: await users.listMembers(caller, params.id, query),
  }));

  mount(operations.createUser, async ({ caller, body }) => {
    const { user, etag, invitation } = await users.create(caller, body);
    return { body: { user, invitation }, etag, location: `/api/v1/users/${user.id}` };
  });

  mount(operations.describeUser, async ({ caller, params }) => {
    const { user, etag } = await users.describe(caller, params.id);
    return { body: user, etag };
  });

  mount(operations.updateUser, async ({ caller, params, body, ifMatch }) => {
    const { user, etag } = await users.update(caller, params.id, ifMatch, body);
    return { body: user, etag };
  });

  mount(operations.deleteUser, async ({ caller, params, ifMatch }) => {
    await users.delete(caller, params.id, ifMatch);
    return { body: undefined };
  });

  mount(operations.inviteUser, async ({ caller, params }) => ({
    body: await users.invite(caller, params.id),
  }));

  mount(operations.removePasskeysOfUser, async ({ caller, params }) => {
    await users.removePasskeys(caller, params.id);
    return { body: undefined };
  });

  mount(operations.acceptInvitation, async ({ caller, body }) => ({
    body: await invitations.accept(caller, {
      token: body.token,
      password: new Redacted(body.password),
    }),
  }));
}
