import { makePgArray } from 'drizzle-orm/pg-core';
import { byteaText } from '../base/columns.ts';
import { within, type Database } from '../base/database.ts';
import { gather } from '../base/gather.ts';

/** A query of rows by `tokenHashes`, an array of `bytea`. */
interface ByTokenHashes<Row> {
  execute(values: { tokenHashes: string }): Promise<Row[]>;
}

/** Makes the look-up of what belongs to a token: one query serves all requests of the same moment. */
export function findByToken<Row extends { tokenHash: Uint8Array }>(
  { lookUp }: Pick<Database, 'lookUp'>,
  query: ByTokenHashes<Row>,
): (tokenHash: Uint8Array) => Promise<Omit<Row, 'tokenHash'> | undefined> {
  const find = gather(async (hashes: readonly string[]) => {
    const rows = await lookUp((line) =>
      within(line, query).execute({ tokenHashes: makePgArray([...hashes]) }),
    );
    const byHash = new Map(rows.map(({ tokenHash, ...row }) => [byteaText(tokenHash), row]));
    return (hash) => byHash.get(hash);
  });
  return (tokenHash) => find(byteaText(tokenHash));
}
