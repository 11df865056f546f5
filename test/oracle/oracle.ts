/**
 * What a correct pipeline makes of a landing zone, computed a second time, independently: DuckDB SQL written from the text of
 * the data rules, sharing nothing with the engine. Numbers of up to 17 significant digits; one snapshot of the masters;
 * meant for up to a few hundred thousand events.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { landingDatabase, type OracleRow, rowsOf } from './database.ts';
import * as derived from './derived-queries.ts';
import { eventTables } from './event-tables.ts';
import * as marts from './mart-queries.ts';

export type { OracleRow } from './database.ts';

/** Rows by rule, without the rules that no row broke. */
export type RuleCounts = Readonly<Record<string, number>>;

/** Expected counts and rows. Decimals are text with every digit of their scale, dates `YYYY-MM-DD`, doubles numbers. */
export interface Oracle {
  readonly bronze: {
    readonly read: number;
    readonly written: number;
    readonly duplicate: number;
    readonly quarantined: RuleCounts;
    readonly waiting: number;
    readonly days: number;
    readonly schemaVersion1: number;
    readonly schemaVersion2: number;
    readonly valueAsText: number;
    readonly valueNull: number;
    readonly valueWithoutUnit: number;
  };
  readonly silver: {
    readonly written: number;
    readonly quarantined: RuleCounts;
    readonly sums: Readonly<
      Record<'cost_usd' | 'requests' | 'cpu_hours' | 'storage_gb_hours' | 'genai_tokens' | 'carbon_kg', string>
    >;
  };
  /** Per master: read, written, duplicate, key_missing, key_conflict. */
  readonly masters: Readonly<Record<string, OracleRow>>;
  /** The marts by the name of their Gold table, sorted by key; see `mart-queries.ts` for the columns left out. */
  readonly gold: {
    readonly org_daily_usage_by_service: readonly OracleRow[];
    readonly org_daily_support_metrics: readonly OracleRow[];
    readonly org_daily_genai_usage: readonly OracleRow[];
    readonly org_monthly_revenue: readonly OracleRow[];
    readonly org_monthly_reconciliation: readonly OracleRow[];
    readonly org_daily_cost_anomalies: readonly OracleRow[];
    readonly org_monthly_engagement: readonly OracleRow[];
    readonly daily_usage_rollup: readonly OracleRow[];
    readonly daily_support_rollup: readonly OracleRow[];
    readonly monthly_revenue_rollup: readonly OracleRow[];
    readonly daily_cost_anomalies: readonly OracleRow[];
  };
}

const bronzeCounts = `select count(*)::integer as written, count(distinct cast(event_ts as date))::integer as days,
    count(*) filter (schema_version_text = '1')::integer as v1, count(*) filter (schema_version_text = '2')::integer as v2,
    count(*) filter (id in (select id from scalars where key = 'value' and type = 'VARCHAR' and num is not null))::integer as text,
    count(*) filter (value_text is null)::integer as missing,
    count(*) filter (value_text is not null and unit_text is null)::integer as unitless
  from bronze`;

const silverSums = `select count(*)::integer as written, coalesce(sum(cost_usd), 0)::decimal(38,6)::varchar as cost_usd,
    ${['requests', 'cpu_hours', 'storage_gb_hours']
      .map((metric) => `coalesce(sum(value) filter (metric = '${metric}'), 0)::decimal(38,6)::varchar as ${metric}`)
      .join(',\n    ')},
    coalesce(sum(genai_tokens), 0)::decimal(38,6)::varchar as genai_tokens,
    coalesce(sum(carbon_kg), 0)::decimal(38,9)::varchar as carbon_kg
  from silver`;

/** Computes everything expected of a landing zone. Throws when a master is missing. */
export async function oracle(landing: string): Promise<Oracle> {
  const usersLanded = statSync(join(landing, 'users.csv')).mtime.toISOString().slice(0, 10);
  const { connection, waiting } = await landingDatabase(landing);
  try {
    for (const sql of [...eventTables, ...marts.masterTables, ...marts.dailyTables, ...marts.masterMartTables]) {
      await connection.run(sql);
    }
    const rows = (sql: string): Promise<OracleRow[]> => rowsOf(connection, sql);
    const one = async (sql: string): Promise<OracleRow> => (await rows(sql))[0]!;
    const rejected = await rows('select layer, rule, count(*)::integer as n from rejected group by all order by all');
    const byRule = (layer: string): RuleCounts =>
      Object.fromEntries(
        rejected.filter((r) => r.layer === layer && r.rule !== 'duplicate').map((r) => [String(r.rule), Number(r.n)]),
      );
    const duplicate = Number(rejected.find((r) => r.rule === 'duplicate')?.n ?? 0);
    const { written, days, v1, v2, text, missing, unitless } = await one(bronzeCounts);
    const { written: silverWritten, ...sums } = await one(silverSums);
    const masters = await rows(marts.masterCounts);
    return {
      bronze: {
        read: Number((await one('select count(*) as n from raw_lines')).n),
        written: Number(written),
        duplicate,
        quarantined: byRule('bronze'),
        waiting,
        days: Number(days),
        schemaVersion1: Number(v1),
        schemaVersion2: Number(v2),
        valueAsText: Number(text),
        valueNull: Number(missing),
        valueWithoutUnit: Number(unitless),
      },
      silver: {
        written: Number(silverWritten),
        quarantined: byRule('silver'),
        sums: sums as Oracle['silver']['sums'],
      },
      masters: Object.fromEntries(masters.map(({ name, ...counts }) => [String(name), counts])),
      gold: {
        org_daily_usage_by_service: await rows(marts.orgDailyUsage),
        org_daily_support_metrics: await rows(marts.orgDailySupport),
        org_daily_genai_usage: await rows(marts.orgDailyGenai),
        org_monthly_revenue: await rows(marts.orgMonthlyRevenue),
        org_monthly_reconciliation: await rows(derived.orgMonthlyReconciliation),
        org_daily_cost_anomalies: await rows(derived.orgDailyCostAnomalies),
        org_monthly_engagement: await rows(derived.orgMonthlyEngagement(usersLanded)),
        daily_usage_rollup: await rows(marts.dailyUsageRollup),
        daily_support_rollup: await rows(marts.dailySupportRollup),
        monthly_revenue_rollup: await rows(marts.monthlyRevenueRollup),
        daily_cost_anomalies: await rows(derived.dailyCostAnomalies),
      },
    };
  } finally {
    connection.closeSync();
  }
}
