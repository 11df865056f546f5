import { Link } from 'wouter-preact';
import type { Row } from '../../../api.ts';
import { addressOf, useView } from '../state/view.ts';

/** The organisation of a row, and the way to its costs. */
export function OrgLink({ row }: { readonly row: Row }) {
  const [view] = useView();
  const org = String(row.org_id);
  const to = addressOf('/finops', { ...view, org, region: null, plan: null }, ['org', 'service', 'from', 'to']);
  return <Link href={to}>{String(row.org_name ?? org)}</Link>;
}
