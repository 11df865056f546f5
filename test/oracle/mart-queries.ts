/** The marts as queries, from the text of the data rules. Columns are named as in Gold; decimals and dates are text. */
import { masterKeys } from './database.ts';

/** Statements that make, of every master, `first_<name>` (the rows that count) and `counts_<name>`. */
export const masterTables: readonly string[] = Object.entries(masterKeys).map(([name, key]) => {
  const keyMissing = key.map((column) => `coalesce(trim(${column}), '') = ''`).join(' or ');
  const byKey = `over (partition by ${key.map((column) => `trim(${column})`).join(', ')} order by row)`;
  return `
    create table ranked_${name} as
      select *, first_value(row) ${byKey} as first_row, first_value(content) ${byKey} as first_content
      from raw_${name} where not (${keyMissing});
    create table first_${name} as select * from ranked_${name} where row = first_row;
    create table counts_${name} as
      select '${name}' as name, (select count(*) from raw_${name}) as read, count(*) filter (row = first_row) as written,
        count(*) filter (row <> first_row and content = first_content) as duplicate,
        (select count(*) from raw_${name} where ${keyMissing}) as key_missing,
        count(*) filter (row <> first_row and content <> first_content) as key_conflict
      from ranked_${name};
  `;
});

/** Counts of every master. */
export const masterCounts = Object.keys(masterKeys)
  .map((name) => `select * from counts_${name}`)
  .join(' union all ');

const measure = (metric: string): string => `case when count(*) filter (metric = '${metric}') = 0 then 0::decimal(38,6)
        else sum(value) filter (metric = '${metric}') end`;
const stated = (metric: string, bit: number): string =>
  `(case when count(value) filter (metric = '${metric}') > 0 then ${bit} else 0 end)`;

/**
 * Statements that make the daily mart with exact columns, in `daily`. No event of a metric is 0, only null values are null;
 * carbon and tokens are null when no event states them. The organisation is that of the only snapshot.
 */
export const dailyTables: readonly string[] = [
  `create table daily as
    select s.org_id, event_date as usage_date, coalesce(service, 'unknown') as service_name,
      any_value(org_name) as org_name, any_value(hq_region) as hq_region, any_value(plan_tier) as plan_tier,
      sum(cost_usd) as cost, ${measure('requests')} as requests, ${measure('cpu_hours')} as cpu_hours,
      ${measure('storage_gb_hours')} as storage_gb_hours, sum(genai_tokens) as tokens, sum(carbon_kg) as carbon,
      sum(cost_usd) filter (carbon_kg is not null) as carbon_cost,
      sum(cost_usd) filter (genai_tokens is not null) as stated_cost, count(*) as events,
      ${stated('requests', 1)} + ${stated('cpu_hours', 2)} + ${stated('storage_gb_hours', 4)} as stated_measures
    from silver s left join first_customers_orgs o on trim(o.org_id) = s.org_id group by all`,
];

const usage = `cost::varchar as daily_cost_usd, requests::varchar as daily_requests, cpu_hours::varchar as daily_cpu_hours,
    storage_gb_hours::varchar as daily_storage_gb_hours, tokens::varchar as daily_genai_tokens,
    carbon::varchar as daily_carbon_kg, carbon_cost::varchar as daily_carbon_cost_usd,
    stated_cost::varchar as daily_genai_stated_cost_usd,
    ratio(units(cost, 1000000), units(requests, 1000000), 1000000000000::hugeint)::varchar as cost_per_request,
    ratio(units(carbon, 1000000000), units(carbon_cost, 1000000), 1000000000::hugeint)::varchar as carbon_per_dollar`;

/** gold.org_daily_usage_by_service, every column. */
export const orgDailyUsage = `select org_id, usage_date::varchar as usage_date, service_name, org_name, hq_region, plan_tier,
    ${usage}, stated_measures::integer as stated_measures, events::integer as event_count from daily order by all`;

/** gold.daily_usage_rollup, every column: sums over the rows of the daily mart. */
export const dailyUsageRollup = `
  with summed as (
    select usage_date, service_name, coalesce(hq_region, 'unknown') as hq_region, coalesce(plan_tier, 'unknown') as plan_tier,
      sum(cost) as cost, sum(requests) as requests, sum(cpu_hours) as cpu_hours, sum(storage_gb_hours) as storage_gb_hours,
      sum(tokens) as tokens, sum(carbon) as carbon, sum(carbon_cost) as carbon_cost, sum(stated_cost) as stated_cost,
      count(*) as organisations, sum(events) as events
    from daily group by usage_date, service_name, coalesce(hq_region, 'unknown'), coalesce(plan_tier, 'unknown'))
  select usage_date::varchar as usage_date, service_name, hq_region, plan_tier, ${usage},
    organisations::integer as organisations, events::integer as event_count from summed order by all`;

/** gold.org_daily_genai_usage without genai_estimated_cost, which depends on a configured price. */
export const orgDailyGenai = `
  select org_id, usage_date::varchar as event_date, service_name, tokens::varchar as genai_tokens,
    cost::varchar as genai_daily_cost, stated_cost::varchar as genai_stated_cost, requests::varchar as genai_requests_count,
    ratio(1000 * units(stated_cost, 1000000), units(tokens, 1000000), 1000000000000::hugeint)::varchar as cost_per_1k_tokens,
    events::integer as event_count
  from daily where service_name = 'genai' order by all`;

/** Statements that make `support` and `revenue` with exact columns. */
export const masterMartTables: readonly string[] = [
  `create table tickets as
    select trim(org_id) as org_id, try_cast(created_at as date) as ticket_date, severity, lower(sla_breached) = 'true' as breached,
      try_cast(resolved_at as date) as resolved, to_even6(exact(trim(csat))) as score from first_support_tickets`,
  `create table support as
    select org_id, ticket_date, count(*) as total, count(*) filter (severity = 'critical') as critical,
      count(*) filter (breached) as breached, count(*) filter (resolved is null) as open,
      count(*) filter (resolved is not null) as resolved, count(*) filter (score between 1 and 5) as rated,
      coalesce(sum(score) filter (score between 1 and 5), 0) as csat,
      coalesce(sum(24 * (resolved - ticket_date)), 0) as hours
    from tickets where ticket_date is not null and org_id is not null group by all`,
  `create table invoices as
    select trim(org_id) as org_id, try_cast(month as date) as month, trim(currency) as currency,
      exact(trim(subtotal))::decimal(28,6) as subtotal, coalesce(exact(trim(credits)), 0)::decimal(28,6) as credits,
      exact(trim(taxes))::decimal(28,6) as taxes, to_even9(exact(trim(exchange_rate_to_usd)))::decimal(28,9) as stated,
      case when trim(currency) = 'USD' then 1 else to_even9(exact(trim(exchange_rate_to_usd))) end::decimal(28,9) as applied
    from first_billing_monthly`,
  `create table revenue as
    select org_id, month, count(*) as invoices, case when count(distinct currency) = 1 then any_value(currency) end as currency,
      case when count(distinct currency) = 1 and count(distinct stated) = 1 and count(stated) = count(*)
        then any_value(stated) end as stated,
      case when count(distinct currency) = 1 and count(distinct applied) = 1 and count(applied) = count(*)
        then any_value(applied) end as applied,
      sum(to_even9(subtotal * applied)) as subtotal_usd, sum(to_even9(credits * applied)) as credits_usd,
      sum(to_even9(taxes * applied)) as taxes_usd,
      sum(to_even9((subtotal - credits + taxes) * applied)) as revenue_usd,
      sum(to_even9((subtotal - credits + taxes) * stated)) as as_stated_usd,
      sum((subtotal - credits + taxes)::decimal(38,9)) as already_usd
    from invoices where org_id is not null and month is not null group by org_id, month`,
];

const supportColumns = `total::integer as total_tickets, critical::integer as critical_tickets, breached::integer as sla_breached_count,
    ratio(breached::hugeint, total::hugeint, 1000000000000::hugeint)::varchar as sla_breach_rate,
    ratio(units(csat::decimal(38,6), 1000000), rated::hugeint, 1000000::hugeint)::varchar as avg_csat,
    open::integer as open_tickets, resolved::integer as resolved_tickets,
    ratio(hours::hugeint, resolved::hugeint, 1000000000000::hugeint)::varchar as mean_hours_to_resolve,
    rated::integer as rated_tickets, csat::decimal(38,2)::varchar as csat_total,
    hours::decimal(38,6)::varchar as hours_to_resolve_total`;

/** gold.org_daily_support_metrics, every column. */
export const orgDailySupport = `select org_id, ticket_date::varchar as ticket_date, ${supportColumns} from support order by all`;

/** gold.daily_support_rollup, every column. */
export const dailySupportRollup = `
  with summed as (
    select ticket_date, coalesce(hq_region, 'unknown') as hq_region, coalesce(plan_tier, 'unknown') as plan_tier,
      sum(total) as total, sum(critical) as critical, sum(breached) as breached, sum(open) as open, sum(resolved) as resolved,
      sum(rated) as rated, sum(csat) as csat, sum(hours) as hours
    from support s left join first_customers_orgs o on trim(o.org_id) = s.org_id
    group by ticket_date, coalesce(hq_region, 'unknown'), coalesce(plan_tier, 'unknown'))
  select ticket_date::varchar as ticket_date, hq_region, plan_tier, ${supportColumns} from summed order by all`;

const revenueColumns = `invoices::integer as invoices, subtotal_usd::varchar as subtotal_usd, credits_usd::varchar as credits_usd,
    taxes_usd::varchar as taxes_usd, revenue_usd::varchar as revenue_usd,
    as_stated_usd::varchar as revenue_rate_as_stated_usd, already_usd::varchar as revenue_already_usd`;

/** gold.org_monthly_revenue without its flags. */
export const orgMonthlyRevenue = `select org_id, month::varchar as month, currency, stated::varchar as fx_stated,
    applied::varchar as fx_applied, ${revenueColumns} from revenue order by all`;

/** gold.monthly_revenue_rollup, every column. */
export const monthlyRevenueRollup = `
  with summed as (
    select month, coalesce(hq_region, 'unknown') as hq_region, coalesce(plan_tier, 'unknown') as plan_tier,
      sum(invoices) as invoices, sum(subtotal_usd) as subtotal_usd, sum(credits_usd) as credits_usd,
      sum(taxes_usd) as taxes_usd, sum(revenue_usd) as revenue_usd, sum(as_stated_usd) as as_stated_usd,
      sum(already_usd) as already_usd
    from revenue r left join first_customers_orgs o on trim(o.org_id) = r.org_id
    group by month, coalesce(hq_region, 'unknown'), coalesce(plan_tier, 'unknown'))
  select month::varchar as month, hq_region, plan_tier, ${revenueColumns} from summed order by all`;
