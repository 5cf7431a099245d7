import { operations } from '@dropsafe/contract/operations';
import { call } from '../api/client.ts';
import { useForgetfulMutation } from '../api/query-client.ts';
import { tellOtherTabs } from './identity.queries.ts';

/** Begins to sign in through a provider; answers where to go. */
export function useBeginSignInThrough() {
  return useForgetfulMutation(async (provider: string) => {
    const { data } = await call(operations.beginSignInThrough, { params: { provider }, body: {} });
    return data.url;
  });
}

/** Signs in with what the provider sent back, and answers with the new session. */
export async function finishSignInThrough(provider: string, parameters: string) {
  const { data } = await call(operations.finishSignInThrough, {
    params: { provider },
    body: { parameters },
  });
  tellOtherTabs();
  return data;
}
