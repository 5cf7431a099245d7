import { ListAuditEventsSchema, type AuditFilter } from '@dropsafe/contract/audit';
import { pageLimit } from '@dropsafe/contract/paging';

/**
 * @file What the table of events shows, as it stands in the query string: it can be shared, reloaded and gone back to. What
 * makes no sense there is read as the default. Days are days in UTC, as the trail is.
 */

/** What the table shows. Empty texts are no filter. */
export interface AuditView {
  principal: string;
  action: string;
  subject: string;
  /** Days such as `2026-01-31`; the last one is shown, too. */
  from: string;
  to: string;
  limit: number;
  cursor: string | undefined;
}

const { principal, action, subject, limit, cursor } = ListAuditEventsSchema.shape;
const dayForm = /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\d$/;

/** Reads a query string. */
export function readAuditView(query: URLSearchParams): AuditView {
  const read = (name: string) => query.get(name) ?? '';
  const day = (name: string) => (isDay(read(name)) ? read(name) : '');
  return {
    principal: principal.unwrap().catch('').parse(read('principal')),
    action: isAction(read('action')) ? read('action') : '',
    subject: subject.unwrap().catch('').parse(read('subject')),
    from: day('from'),
    to: day('to'),
    limit: limit
      .unwrap()
      .catch(pageLimit.default)
      .parse(query.get('limit') ?? pageLimit.default),
    cursor: cursor.catch(undefined).parse(query.get('cursor') ?? undefined),
  };
}

/** Writes a query string; the opposite of `readAuditView`. */
export function writeAuditView({
  limit: size,
  cursor: page,
  ...filter
}: AuditView): URLSearchParams {
  const query = new URLSearchParams(Object.entries(filter).filter(([, text]) => text !== ''));
  if (size !== pageLimit.default) query.set('limit', String(size));
  if (page !== undefined) query.set('cursor', page);
  return query;
}

/** A changed view. Anything but another page begins at the first page: a cursor holds for its own filter only. */
export function changeAuditView(view: AuditView, change: Partial<AuditView>): AuditView {
  return { ...view, cursor: undefined, ...change };
}

/** True when the view leaves events out. */
export const isFiltered = (view: AuditView): boolean => Object.keys(filterOf(view)).length > 0;

/** The filter as the API takes it: the last day ends where the next begins. */
export function filterOf({
  principal: who,
  action: what,
  subject: about,
  from,
  to,
}: AuditView): AuditFilter {
  return {
    ...(who !== '' && { principal: who }),
    ...(isAction(what) && { action: what }),
    ...(about !== '' && { subject: about }),
    ...(from !== '' && { from: `${from}T00:00:00.000Z` }),
    ...(to !== '' && { to: new Date(Date.parse(to) + dayMs).toISOString() }),
  };
}

const dayMs = 24 * 3600 * 1000;

function isDay(text: string): boolean {
  return dayForm.test(text) && !Number.isNaN(Date.parse(text)) && text < '9999';
}

function isAction(text: string): text is NonNullable<AuditFilter['action']> {
  return action.unwrap().safeParse(text).success;
}
