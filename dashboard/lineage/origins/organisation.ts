/** Organisations as rows of marts see them: the version that held at the end of a day. */
import type { Column, Int32Column, Int64Column } from '../../../engine/columnar/column.ts';
import { valuesOf } from '../../../engine/columnar/column-of.ts';
import { asOfJoin } from '../../../engine/columnar/join.ts';
import { dimOrgs } from '../../../schemas/silver.ts';
import { orUnknown } from '../../../transforms/gold/measures.ts';
import { rowsMask } from '../../../transforms/masks.ts';
import { asOf } from '../../../transforms/silver/as-of.ts';
import { endOfDays, nextMonthOf } from '../../../transforms/time.ts';
import type { Source, Surroundings } from '../origin.ts';
import { type Columns, sameAs } from '../picked-rows.ts';
import type { Row } from '../row.ts';

/** The version of the row's organisation at the end of its day. */
export function organisationOn(day: (row: Row) => Int32Column): Source {
  return {
    table: dimOrgs.name,
    tested: ['org_id'],
    picks: ({ org_id }, row) => sameAs([org_id!], [row.column('org_id')]),
    narrowed: ({ org_id, valid_from }, row) => {
      const [version] = asOfJoin({
        leftKey: row.column('org_id'),
        leftTime: endOfDays(day(row)),
        rightKey: org_id!,
        rightFrom: valid_from as Int64Column,
      });
      return rowsMask(
        [version!].filter((at) => at >= 0),
        org_id!.length,
      );
    },
    listed: ['org_id', 'org_name', 'hq_region', 'plan_tier', 'valid_from', 'valid_to', 'is_absent', 'flags'],
    order: ['valid_from'],
  };
}

/** What `regionAndPlan` needs of the organisations. */
export const organisations = { table: dimOrgs.name, columns: ['org_id', 'valid_from', 'hq_region', 'plan_tier'] };

/** Region and plan of each row's organisation at the end of its day, `unknown` where they are not. */
export function regionAndPlan(columns: Columns, days: Int32Column, { beside }: Surroundings): Columns {
  const organisation = asOf(beside[dimOrgs.name]!, 'org_id', columns.org_id!, endOfDays(days));
  return { hq_region: orUnknown(organisation('hq_region')), plan_tier: orUnknown(organisation('plan_tier')) };
}

/** The last day of each month. */
export function lastDays(months: Column): Int32Column {
  const { values, ...rest } = months as Int32Column;
  return { ...rest, values: values.map((day) => nextMonthOf(day) - 1) };
}

/** The organisations of a column. */
export function orgs(column: Column): ReadonlySet<string> {
  return new Set(
    valuesOf(column)
      .filter((value) => value !== null)
      .map(String),
  );
}
