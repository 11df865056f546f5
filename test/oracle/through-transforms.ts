/** A landing zone through decoders and transforms alone: no lake, no workflow, one batch. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Table } from 'apache-arrow';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { decodeCsv } from '../../engine/columnar/csv.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { VERDICT } from '../../engine/columnar/dedupe.ts';
import { defaultMaxLineBytes, jsonlDecoder } from '../../engine/columnar/jsonl.ts';
import { columnOf, columnsOf } from '../../engine/columnar/table.ts';
import { selectedIndices, takeTable } from '../../engine/columnar/take.ts';
import { masters } from '../../schemas/bronze.ts';
import { conformedMasters, dimOrgs, dimResources } from '../../schemas/silver.ts';
import { contentColumns, eventColumns } from '../../transforms/bronze/event-columns.ts';
import { bronzeEvents } from '../../transforms/bronze/events.ts';
import { bronzeMaster } from '../../transforms/bronze/master.ts';
import { judgeRepeats } from '../../transforms/bronze/repeats.ts';
import { dailyCostAnomalies } from '../../transforms/gold/daily-cost-anomalies.ts';
import { dailySupportRollup } from '../../transforms/gold/daily-support-rollup.ts';
import { dailyUsageRollup } from '../../transforms/gold/daily-usage-rollup.ts';
import { monthlyRevenueRollup } from '../../transforms/gold/monthly-revenue-rollup.ts';
import { orgDailyCostAnomalies } from '../../transforms/gold/org-daily-cost-anomalies.ts';
import { orgDailyGenaiUsage } from '../../transforms/gold/org-daily-genai-usage.ts';
import { orgDailySupportMetrics } from '../../transforms/gold/org-daily-support-metrics.ts';
import { orgDailyUsageByService } from '../../transforms/gold/org-daily-usage-by-service.ts';
import { orgMonthlyEngagement } from '../../transforms/gold/org-monthly-engagement.ts';
import { orgMonthlyReconciliation } from '../../transforms/gold/org-monthly-reconciliation.ts';
import { orgMonthlyRevenue } from '../../transforms/gold/org-monthly-revenue.ts';
import type { Reject } from '../../transforms/reject.ts';
import { conformed } from '../../transforms/silver/conformed.ts';
import { scd2 } from '../../transforms/silver/dimension.ts';
import { silverEvents } from '../../transforms/silver/events.ts';
import type { OracleRow, RuleCounts } from './oracle.ts';

/** Rejects by rule. */
export function rejectsByRule(rejects: readonly Reject[]): RuleCounts {
  const counts: Record<string, number> = {};
  for (const { ruleId } of rejects) counts[ruleId] = (counts[ruleId] ?? 0) + 1;
  return counts;
}

/** The rows of a table as the oracle writes them. */
export function rowsOfTable(table: Table): OracleRow[] {
  const columns = table.schema.fields.map(({ name }) => {
    const column = columnOf(table, name);
    return [name, column, valuesOf(column)] as const;
  });
  return Array.from({ length: table.numRows }, (_, i) =>
    Object.fromEntries(
      columns.map(([name, column, values]) => {
        const value = values[i] ?? null;
        if (column.kind === 'decimal' && value !== null) return [name, formatDecimal(value as bigint, column.scale)];
        if (column.kind === 'date' && value !== null) {
          return [name, new Date(Number(value) * 86_400_000).toISOString().slice(0, 10)];
        }
        return [name, typeof value === 'bigint' ? Number(value) : (value as string | number | boolean | null)];
      }),
    ),
  );
}

/** Everything the transforms make of a landing zone that the oracle has an opinion on. */
export function throughTransforms(landing: string) {
  const landedUs = Math.floor(statSync(join(landing, 'customers_orgs.csv')).mtimeMs * 1000);
  const ofMaster = new Map(
    masters.map((source) => {
      const specs = source.contract.fields.filter(
        (f) => !f.technical && f.name !== 'rescued' && f.name !== 'survey_month',
      );
      const csv = decodeCsv(readFileSync(join(landing, source.file)), specs, { maxRecordBytes: defaultMaxLineBytes });
      return [source.name, bronzeMaster(source, csv, { file: source.file, generation: 0, ingestUs: landedUs })];
    }),
  );
  const bronzeOf = (name: string): Table => ofMaster.get(name)!.table;
  const orgs = scd2(dimOrgs, [{ instantUs: landedUs, table: bronzeOf('customers_orgs') }]);
  const resources = scd2(dimResources, [{ instantUs: landedUs, table: bronzeOf('resources') }]);
  const bronze = bronzeOfEvents(landing, landedUs);
  const silver = silverEvents(bronze.table, orgs, resources);
  const silverOf = (name: string): Table => {
    const contract = conformedMasters.find((c) => c.upstream[0]!.table === `bronze.${name}`)!;
    return conformed(contract, bronzeOf(name), orgs);
  };
  const usage = orgDailyUsageByService({ events: silver.table, orgs });
  const support = orgDailySupportMetrics({ tickets: silverOf('support_tickets') });
  const revenue = orgMonthlyRevenue({ billing: silverOf('billing_monthly') });
  const anomalies = orgDailyCostAnomalies({ usage, fromDay: 0, toDay: 100_000 });
  return {
    masters: ofMaster,
    bronze,
    silver,
    gold: {
      org_daily_usage_by_service: usage,
      org_daily_genai_usage: orgDailyGenaiUsage({ events: silver.table }),
      org_daily_support_metrics: support,
      org_monthly_revenue: revenue,
      org_monthly_reconciliation: orgMonthlyReconciliation({ usage, revenue }),
      org_daily_cost_anomalies: anomalies,
      org_monthly_engagement: orgMonthlyEngagement({
        nps: silverOf('nps_surveys'),
        touches: silverOf('marketing_touches'),
        users: silverOf('users'),
        usersMonthDay: Math.floor(landedUs / 86_400_000_000),
      }),
      daily_usage_rollup: dailyUsageRollup({ usage }),
      daily_support_rollup: dailySupportRollup({ support, orgs }),
      monthly_revenue_rollup: monthlyRevenueRollup({ revenue, orgs }),
      daily_cost_anomalies: dailyCostAnomalies({ anomalies, usage }),
    },
  };
}

/** Decoded, judged and deduplicated with a plain map. */
function bronzeOfEvents(landing: string, landedUs: number) {
  const folder = join(landing, 'usage_events_stream');
  const names = readdirSync(folder)
    .filter((name) => !/^[_.]|\.(tmp|part)$/.test(name))
    .sort();
  const decoder = jsonlDecoder(eventColumns, { maxLineBytes: defaultMaxLineBytes });
  let waiting = 0;
  names.forEach((name, file) => {
    const bytes = readFileSync(join(folder, name));
    const { consumedBytes } = decoder.append(bytes, { file, baseOffset: 0, firstLine: 1, final: true });
    if (consumedBytes < bytes.length) waiting++;
  });
  const files = names.map((name) => ({ file: `usage_events_stream/${name}`, generation: 0, landedUs }));
  const judged = bronzeEvents(decoder.finish(), { files, ingestUs: landedUs, watermarkUs: null });
  const seen = new Map<unknown, string>();
  const contents = contentColumns.map((name) => valuesOf(columnOf(judged.table, name)));
  const ids = valuesOf(columnOf(judged.table, 'event_id'));
  const verdicts = Uint8Array.from(ids, (id, i) => {
    const content = contents.map((values) => String(values[i])).join('\u0000');
    const known = seen.get(id);
    if (known === undefined) seen.set(id, content);
    if (known === undefined) return VERDICT.fresh;
    return known === content ? VERDICT.repeat : VERDICT.conflict;
  });
  const { fresh, duplicates, rejects } = judgeRepeats(columnsOf(judged.table), verdicts);
  const table = fresh === null ? judged.table : takeTable(judged.table, selectedIndices(fresh));
  return { table, duplicates, rejects: [...judged.rejects, ...rejects], waiting };
}
