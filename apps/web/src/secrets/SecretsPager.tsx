import { countedUpTo, type SecretPage } from '@dropsafe/contract/secrets';
import { Pager } from '../ui/Pager.tsx';
import type { useTableView } from './use-table-view.ts';

interface Props {
  table: ReturnType<typeof useTableView>;
  /** Undefined while the first page loads. */
  page: SecretPage | undefined;
}

/** What stands below the table of secrets. */
export function SecretsPager({ table, page }: Props) {
  return (
    <Pager table={table} count={page && countText(page)} nextCursor={page?.nextCursor ?? null} />
  );
}

function countText({ total }: SecretPage): string {
  return total === null
    ? `More than ${countedUpTo.toLocaleString('en')} secrets`
    : `${total.toLocaleString('en')} ${total === 1 ? 'secret' : 'secrets'}`;
}
