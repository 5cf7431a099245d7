import { countedUpTo, type SecretPage } from '@dropsafe/contract/secrets';
import { Pager } from '../ui/Pager.tsx';
import type { useTableView } from './use-table-view.ts';

interface Props {
  table: ReturnType<typeof useTableView>;
  /** Undefined while the first page loads. */
  page: SecretPage | undefined;
}

/** What stands below the table: how many there are, the page size, and the way to the other pages. */
export function SecretsPager({ table, page }: Props) {
  return (
    <Pager
      table={table}
      nextCursor={page?.nextCursor ?? null}
      status={page && countText(page, table.pageNumber)}
    />
  );
}

function countText({ total }: SecretPage, pageNumber: number | undefined): string {
  const many =
    total === null
      ? `More than ${countedUpTo.toLocaleString('en')} secrets`
      : `${total.toLocaleString('en')} ${total === 1 ? 'secret' : 'secrets'}`;
  return pageNumber === undefined || pageNumber === 1 ? many : `${many}, page ${pageNumber}`;
}
