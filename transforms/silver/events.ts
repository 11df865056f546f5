/** Usage events from Bronze to Silver: judged, conformed, enriched with organisation and resource as of the event. */
import type { Table } from 'apache-arrow';
import type {
  Column,
  DecimalColumn,
  DictionaryColumn,
  Int32Column,
  Int64Column,
} from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { filterColumns } from '../../engine/columnar/filter.ts';
import { columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { selectedIndices } from '../../engine/columnar/take.ts';
import { eventFlagRules, eventRejectRules, unitOfMetric } from '../../schemas/event-rules.ts';
import { silverUsageEvents } from '../../schemas/silver.ts';
import { eventRejects } from '../event-rejects.ts';
import { frameOf } from '../frame.ts';
import type { Mask } from '../masks.ts';
import { firstBroken, flagRows } from '../quality.ts';
import type { Reject } from '../reject.ts';
import { rescuedText } from '../rescued.ts';
import { asOf } from './as-of.ts';
import { costOutliers } from './outliers.ts';

export interface SilverEvents {
  /** Rows under the contract of `silver.usage_events`, in the order of Bronze. */
  readonly table: Table;
  readonly rejects: Reject[];
  /** Accepted rows by the flag rule they break. */
  readonly flagged: Readonly<Record<string, number>>;
}

/**
 * Judges and enriches rows of `bronze.usage_events`. The rows must be whole days: `cost_outlier` compares a cost with all
 * of its service that day. `dimOrgs` and `dimResources` are the slowly changing dimensions; an event before the first
 * version of its organisation or resource gets that version.
 */
export function silverEvents(bronze: Table, dimOrgs: Table, dimResources: Table): SilverEvents {
  const all = columnsOf(bronze);
  const broken = firstBroken(eventRejectRules, frameOf(all));
  const rejects = broken === null ? [] : rejectsOf(all, broken);
  const columns = broken === null ? all : filterColumns(all, maskWhere(broken, false));
  const org = asOf(dimOrgs, 'org_id', columns.org_id!, columns.timestamp as Int64Column);
  const resource = asOf(dimResources, 'resource_id', columns.resource_id!, columns.timestamp as Int64Column);
  const { flags, counts, mask } = flagRows(eventFlagRules, frameOf(columns, { org, resource }));
  const { timestamp, cost_usd_increment, rescued: _, ...same } = columns;
  const cost = cost_usd_increment as DecimalColumn;
  const out: Record<string, Column> = {
    ...same,
    event_ts: timestamp!,
    org_name: org('org_name'),
    hq_region: org('hq_region'),
    plan_tier: org('plan_tier'),
    resource_state: resource('state'),
    unit: withImputedUnits(columns.unit as DictionaryColumn, columns.metric as DictionaryColumn, mask('unit_imputed')),
    cost_usd: cost,
    schema_version: withFirstVersion(columns.schema_version as Int32Column, mask('schema_version_absent')),
    cost_outlier: costOutliers(cost, [columns.event_date!, columns.service!]),
    flags,
  };
  return { table: tableOf(out, silverUsageEvents.fields), rejects, flagged: counts };
}

/** 1 in rows that break a reject rule, or in those that break none. */
function maskWhere(broken: Int8Array, rejected: boolean): Uint8Array {
  const mask = new Uint8Array(broken.length);
  for (let i = 0, end = broken.length; i < end; i++) mask[i] = broken[i]! < 0 === rejected ? 0 : 1;
  return mask;
}

function rejectsOf(columns: Readonly<Record<string, Column>>, broken: Int8Array): Reject[] {
  return eventRejects(columns, selectedIndices(maskWhere(broken, true)), 'silver', (row) => {
    const { id, description } = eventRejectRules[broken[row]!]!;
    return { ruleId: id, reason: `${description}: ${stated(columns, row, id)}` };
  });
}

/** What the line states for the field that a reject rule is about. */
function stated(columns: Readonly<Record<string, Column>>, row: number, ruleId: string): string {
  if (ruleId === 'cost_non_negative') return `${Number(valueAt(columns.cost_usd_increment!, row)) / 1e6} US dollars`;
  const field =
    ruleId === 'cost_missing' ? 'cost_usd_increment' : ruleId.replace(/_(missing|not_numeric|out_of_range)$/, '');
  return rescuedText(columns.rescued!, row, field);
}

/** The units, with that of the metric where the mask says. */
function withImputedUnits(units: DictionaryColumn, metrics: DictionaryColumn, where: Mask): DictionaryColumn {
  if (where === null) return units;
  const values = [...new Set([...units.values, ...Object.values(unitOfMetric)])];
  const codeOfMetric = Int32Array.from(metrics.values, (m) => values.indexOf(unitOfMetric[m] ?? ''));
  const codes = units.codes.slice();
  const validity = units.validity!.slice();
  for (let i = 0, end = where.length; i < end; i++) {
    if (where[i] === 0) continue;
    codes[i] = codeOfMetric[metrics.codes[i]!]!;
    validity[i >> 3]! |= 1 << (i & 7);
  }
  return { ...units, codes, values, validity };
}

/** The schema versions, 1 where the mask says that the line states none. */
function withFirstVersion(versions: Int32Column, where: Mask): Int32Column {
  if (where === null) return versions;
  const values = versions.values.slice();
  const validity = versions.validity!.slice();
  for (let i = 0, end = where.length; i < end; i++) {
    if (where[i] === 0) continue;
    values[i] = 1;
    validity[i >> 3]! |= 1 << (i & 7);
  }
  return { ...versions, values, validity };
}
