import { operations } from '@dropsafe/contract/operations';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { useForgetfulMutation } from '../api/query-client.ts';
import { makePasskey } from './passkey-browser.ts';

/** @file What is asked and changed about one's own passkeys. */

const listKey = ['passkeys'] as const;

/** One's own. */
export const passkeysQuery = queryOptions({
  queryKey: listKey,
  queryFn: async ({ signal }) => (await call(operations.listPasskeys, { signal })).data.items,
});

/** Makes a passkey with the help of the browser, and adds it. */
export function useAddPasskey() {
  const refresh = useRefreshList();
  return useForgetfulMutation(async (typed: { name: string; currentPassword: string }) => {
    const { name, currentPassword } = typed;
    const { data: asked } = await call(operations.beginPasskey, { body: { currentPassword } });
    const made = await makePasskey(asked);
    const { data } = await call(operations.addPasskey, { body: { name, ...made } });
    refresh();
    return data;
  });
}

/** Gives one another name. */
export function useRenamePasskey() {
  const refresh = useRefreshList();
  return useMutation({
    mutationFn: async ({ id, name }: { id: string; name: string }) =>
      (await call(operations.renamePasskey, { params: { id }, body: { name } })).data,
    onSettled: refresh,
  });
}

/** Removes one for good. */
export function useRemovePasskey() {
  const refresh = useRefreshList();
  return useMutation({
    mutationFn: (id: string) => call(operations.removePasskey, { params: { id } }),
    onSettled: refresh,
  });
}

function useRefreshList(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: listKey });
}
