/**
 * The line in DuckDB, in a process of its own: `node rival-duckdb-child.js <landing> <out>`. Sends what it measured to
 * its parent. Use `runDuckdbLine`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { DuckdbLine } from './rival-duckdb.ts';

const [landing, out] = process.argv.slice(2).map((path) => path.replaceAll("'", "''"));
if (landing === undefined || out === undefined) throw new Error('usage: rival-duckdb-child <landing> <out>');

const byDate = `(format parquet, compression zstd, partition_by (event_date), overwrite_or_ignore)`;
const files = (zone: string): string => `read_parquet('${out}/${zone}/*/*.parquet', hive_partitioning = true)`;
const csv = (name: string): string =>
  `read_csv('${landing}/${name}.csv', all_varchar = true, quote = '"', escape = '"')`;

/** Typed and distinct by id. Values come as numbers, as text and null, so they are read as text. */
const bronze = `
  copy (
    select distinct on (event_id) event_id, event_ts, org_id, resource_id, service, region, metric,
      try_cast("value" as decimal(18,6)) as "value", "value" is not null and try_cast("value" as double) is null as not_numeric,
      unit, cost_usd, schema_version, carbon_kg, genai_tokens, cast(event_ts as date) as event_date
    from (
      select *, "timestamp" as event_ts, cost_usd_increment as cost_usd
      from read_json('${landing}/usage_events_stream/events_part_*.jsonl', format = 'newline_delimited', ignore_errors = true,
        columns = {event_id: 'varchar', "timestamp": 'timestamp', org_id: 'varchar', resource_id: 'varchar',
          service: 'varchar', region: 'varchar', metric: 'varchar', "value": 'varchar', unit: 'varchar',
          cost_usd_increment: 'decimal(18,6)', schema_version: 'integer', carbon_kg: 'decimal(18,9)',
          genai_tokens: 'decimal(18,6)'}))
    where event_id is not null and event_id <> '' and event_ts >= timestamp '2000-01-01'
  ) to '${out}/bronze' ${byDate}`;

/** The rules, the imputed unit, both masters joined. */
const silver = `
  copy (
    select e.event_id, e.event_ts, e.org_id, o.org_name, o.hq_region, o.plan_tier, e.resource_id, r.state as resource_state,
      e.service, e.region, e.metric, e."value",
      coalesce(e.unit, case when e."value" is null then null when e.metric = 'requests' then 'count'
        when e.metric = 'cpu_hours' then 'hours' when e.metric = 'storage_gb_hours' then 'gb_hours' end) as unit,
      e.cost_usd, e.carbon_kg, e.genai_tokens, e.schema_version,
      concat_ws(',', case when o.org_id is null then 'unknown_organisation' end,
        case when r.resource_id is null then 'unknown_resource' end,
        case when e.metric not in ('requests', 'cpu_hours', 'storage_gb_hours') then 'unknown_metric' end,
        case when e."value" < 0 then 'negative_value' end,
        case when e.unit is null and e."value" is not null then 'unit_imputed' end) as flags,
      e.event_date
    from ${files('bronze')} e
    left join ${csv('customers_orgs')} o on o.org_id = e.org_id
    left join ${csv('resources')} r on r.resource_id = e.resource_id
    where e.org_id is not null and e.cost_usd >= -0.01 and not e.not_numeric
  ) to '${out}/silver' ${byDate}`;

const daily = `
  copy (
    select org_id, event_date, coalesce(service, 'unknown') as service_name, any_value(org_name) as org_name,
      any_value(hq_region) as hq_region, any_value(plan_tier) as plan_tier, sum(cost_usd) as daily_cost_usd,
      sum("value") filter (metric = 'requests') as daily_requests, sum("value") filter (metric = 'cpu_hours') as daily_cpu_hours,
      sum("value") filter (metric = 'storage_gb_hours') as daily_storage_gb_hours, sum(genai_tokens) as daily_genai_tokens,
      sum(carbon_kg) as daily_carbon_kg, sum(cost_usd) filter (carbon_kg is not null) as daily_carbon_cost_usd,
      daily_cost_usd / nullif(daily_requests, 0) as cost_per_request,
      daily_carbon_kg / nullif(daily_carbon_cost_usd, 0) as carbon_per_dollar, count(*) as event_count
    from ${files('silver')} group by org_id, event_date, service
  ) to '${out}/daily' ${byDate}`;

async function measure(connection: DuckDBConnection): Promise<DuckdbLine> {
  const steps: { name: string; ms: number }[] = [];
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  for (const [name, sql] of Object.entries({ bronze, silver, daily })) {
    const from = performance.now();
    await connection.run(sql);
    steps.push({ name, ms: performance.now() - from });
  }
  const totalMs = performance.now() - started;
  const cpu = process.cpuUsage(cpuBefore);
  // Counted after the clock stopped.
  const counts = await connection.runAndReadAll(
    `select ${['bronze', 'silver', 'daily'].map((zone) => `(select count(*) from ${files(zone)}) as ${zone}`).join(', ')},
      (select sum(cost_usd)::varchar from ${files('silver')}) as cost`,
  );
  const { bronze: b, silver: s, daily: d, cost } = counts.getRowObjectsJS()[0]!;
  return {
    steps,
    totalMs,
    rows: { bronze: Number(b), silver: Number(s), daily: Number(d) },
    costUsd: String(cost),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

mkdirSync(join(out), { recursive: true });
const instance = await DuckDBInstance.create(':memory:', {
  threads: '2',
  preserve_insertion_order: 'false',
  temp_directory: join(out, 'temporary'),
});
const connection = await instance.connect();
try {
  process.send?.(await measure(connection));
} finally {
  connection.closeSync();
}
