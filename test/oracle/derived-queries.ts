/** The marts made of other marts, and engagement, as queries: reconciliation, anomalies. Same conventions as `mart-queries.ts`. */

/** gold.org_monthly_reconciliation, every column. A month is partial when some of its days have no usage at all. */
export const orgMonthlyReconciliation = `
  with metered as (
    select org_id, date_trunc('month', usage_date)::date as month, sum(cost) as cost from daily group by all
  ), days as (
    select date_trunc('month', usage_date)::date as month, count(distinct usage_date) as days from daily group by all
  ), matched as (
    select org_id, month, m.cost is not null as is_metered, invoices is not null as is_invoiced, cost, subtotal_usd,
      coalesce(days, 0) < day(last_day(month)) as partial
    from metered m
    full join (select org_id, month, invoices, subtotal_usd from revenue) r using (org_id, month)
    left join days using (month)
  )
  select org_id, month::varchar as month, cost::varchar as metered_cost_usd, subtotal_usd::varchar as invoiced_subtotal_usd,
    (coalesce(cost, 0)::decimal(38,9) - coalesce(subtotal_usd, 0)::decimal(38,9))::varchar as difference_usd,
    ratio(1000 * units(cost, 1000000), units(subtotal_usd, 1000000000), 1000000000000::hugeint)::varchar as metered_to_invoiced,
    nullif(concat_ws(',', case when not is_metered then 'not_metered' end,
      case when not is_invoiced then 'not_invoiced' end, case when partial then 'partial_month' end), '') as flags
  from matched order by all`;

/**
 * gold.org_daily_cost_anomalies, every column; scores are doubles, σ is that of a sample. The baseline is joined, not
 * windowed, so that it is what the rule says: the rows of the 28 days before.
 */
export const orgDailyCostAnomalies = `
  with points as (select org_id, usage_date, service_name, cost, cost::double as x from daily),
  baselines as (
    select p.org_id, p.usage_date, p.service_name, p.cost, p.x, count(b.x) as n,
      avg(b.x) as mean, case when min(b.x) = max(b.x) then 0 else stddev_samp(b.x) end as sigma,
      median(b.x) as middle, mad(b.x) as mad,
      100 * (count(*) filter (b.x < p.x) + count(*) filter (b.x = p.x) / 2) / nullif(count(b.x), 0) as rank
    from points p left join points b on b.org_id = p.org_id and b.service_name = p.service_name
      and b.usage_date between p.usage_date - 28 and p.usage_date - 1
    group by all
  ), scored as (
    select *, n >= 14 as history, (x - mean) / nullif(sigma, 0) as z, 0.6745 * (x - middle) / nullif(mad, 0) as modified,
      case when n >= 14 then (coalesce(abs(z) > 3, false))::integer + (coalesce(abs(modified) > 3.5, false))::integer
        + (rank < 1 or rank > 99)::integer else 0 end as votes
    from baselines
  )
  select org_id, usage_date::varchar as usage_date, service_name, cost::varchar as actual_cost_usd,
    case when history then mean end as expected_cost_usd, case when history then mean - 3 * sigma end as lower_cost_usd,
    case when history then mean + 3 * sigma end as upper_cost_usd, case when history then z end as z_score,
    case when history then modified end as modified_z_score, case when history then rank end as percentile_rank,
    n::integer as baseline_points, votes::integer as votes, votes >= 2 as is_anomaly, history as has_history
  from scored order by all`;

/** gold.daily_cost_anomalies, every column. */
export const dailyCostAnomalies = `
  select usage_date, a.org_id, service_name, org_name, hq_region, plan_tier, a.* exclude (usage_date, org_id, service_name)
  from (${orgDailyCostAnomalies}) a left join first_customers_orgs o on trim(o.org_id) = a.org_id
  where is_anomaly order by all`;

/** gold.org_monthly_engagement, every column; the users snapshot is about the month in which it landed. */
export const orgMonthlyEngagement = (usersLanded: string): string => `
  with surveys as (
    select trim(org_id) as org_id, date_trunc('month', try_cast(survey_date as date))::date as month,
      count(score) filter (score between -100 and 100) as responses, sum(score) filter (score between -100 and 100) as total
    from (select *, to_even6(exact(trim(nps_score))) as score from first_nps_surveys) group by all
  ), touches as (
    select trim(org_id) as org_id, date_trunc('month', try_cast("timestamp" as date))::date as month, count(*) as touches,
      count(*) filter (lower(clicked) = 'true') as clicks, count(*) filter (lower(converted) = 'true') as conversions
    from first_marketing_touches group by all
  ), people as (
    select trim(org_id) as org_id, date_trunc('month', date '${usersLanded}')::date as month,
      count(*) filter (lower(active) = 'true') as active from first_users group by all
  )
  select org_id, month::varchar as month, coalesce(responses, 0)::integer as nps_responses,
    ratio(units(total, 1000000), responses::hugeint, 1000000::hugeint)::varchar as avg_nps_score,
    coalesce(touches, 0)::integer as touches, coalesce(clicks, 0)::integer as clicks,
    coalesce(conversions, 0)::integer as conversions, active::integer as active_users
  from surveys full join touches using (org_id, month) full join people using (org_id, month) order by all`;
