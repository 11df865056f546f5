import type { Row } from '../../../../api.ts';

/** The organisation of a row: there is no way from here. */
export function OrgLink({ row }: { readonly row: Row }) {
  return <span title={String(row.org_id)}>{String(row.org_name ?? row.org_id)}</span>;
}
