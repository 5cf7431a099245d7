import { IntegrationSortSchema, type IntegrationSort } from '@dropsafe/contract/integrations';
import { z } from 'zod';
import { listViewOf, type ListView } from '../ui/list-view.ts';
import type { ViewRules } from '../ui/use-url-view.ts';

/** What the table of integrations shows, and which of them is open above it. */
export interface IntegrationsView extends ListView<IntegrationSort> {
  /** The id of the one that is open; a link to it can be shared. */
  edit: string | undefined;
}

const list = listViewOf(IntegrationSortSchema, 'name');
const IdSchema = z.uuid().optional().catch(undefined);

/** How the view stands in the URL. */
export const viewRules: ViewRules<IntegrationsView> = {
  read: (query) => ({
    ...list.read(query),
    edit: IdSchema.parse(query.get('edit') ?? undefined),
  }),
  write: ({ edit, ...view }) => {
    const query = list.write(view);
    if (edit !== undefined) query.set('edit', edit);
    return query;
  },
  // Opening and closing one leaves the page of the list as it is.
  change: (view, change) =>
    'edit' in change ? { ...view, ...change } : { edit: view.edit, ...list.change(view, change) },
};
