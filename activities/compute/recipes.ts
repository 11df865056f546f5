/** How each Silver table and Gold mart is made from its upstream tables. */
import type { Table } from 'apache-arrow';
import { conformedMasters } from '../../schemas/silver.ts';
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
import { silverEvents } from '../../transforms/silver/events.ts';

/** What a recipe needs besides tables. */
export interface RecipeContext {
  /** First and last partition asked for, days since 1970-01-01; null for tables built whole. */
  readonly fromDay: number | null;
  readonly toDay: number | null;
  /** First day of the month of the latest users snapshot, days since 1970-01-01. */
  readonly usersMonthDay: number | null;
}

export interface Recipe {
  /** Columns to read of an upstream table; absent: all of them. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  readonly build: (
    tables: Readonly<Record<string, Table>>,
    context: RecipeContext,
  ) => { readonly table: Table; readonly rejects: readonly Reject[] };
}

function recipe(
  build: (tables: Readonly<Record<string, Table>>, context: RecipeContext) => Table,
  columns: Readonly<Record<string, readonly string[]>> = {},
): Recipe {
  return { columns, build: (tables, context) => ({ table: build(tables, context), rejects: [] }) };
}

const eventMeasures = ['org_id', 'service', 'metric', 'value', 'cost_usd', 'carbon_kg', 'genai_tokens', 'event_date'];

export const recipes: Readonly<Record<string, Recipe>> = {
  ...Object.fromEntries(
    conformedMasters.map((c) => [c.name, recipe((t) => conformed(c, t[c.upstream[0]!.table]!, t['silver.dim_orgs']!))]),
  ),
  'silver.usage_events': {
    columns: {},
    build: (t) => silverEvents(t['bronze.usage_events']!, t['silver.dim_orgs']!, t['silver.dim_resources']!),
  },
  'gold.org_daily_usage_by_service': recipe(
    (t) => orgDailyUsageByService({ events: t['silver.usage_events']!, orgs: t['silver.dim_orgs']! }),
    { 'silver.usage_events': eventMeasures },
  ),
  'gold.org_daily_support_metrics': recipe((t) => orgDailySupportMetrics({ tickets: t['silver.support_tickets']! })),
  'gold.org_daily_genai_usage': recipe((t) => orgDailyGenaiUsage({ events: t['silver.usage_events']! }), {
    'silver.usage_events': eventMeasures,
  }),
  'gold.org_monthly_revenue': recipe((t) => orgMonthlyRevenue({ billing: t['silver.billing_monthly']! })),
  'gold.org_monthly_reconciliation': recipe(
    (t) =>
      orgMonthlyReconciliation({
        usage: t['gold.org_daily_usage_by_service']!,
        revenue: t['gold.org_monthly_revenue']!,
      }),
    { 'gold.org_daily_usage_by_service': ['org_id', 'usage_date', 'daily_cost_usd'] },
  ),
  'gold.org_daily_cost_anomalies': recipe(
    (t, { fromDay, toDay }) =>
      orgDailyCostAnomalies({ usage: t['gold.org_daily_usage_by_service']!, fromDay: fromDay!, toDay: toDay! }),
    { 'gold.org_daily_usage_by_service': ['org_id', 'usage_date', 'service_name', 'daily_cost_usd'] },
  ),
  'gold.org_monthly_engagement': recipe((t, { usersMonthDay }) =>
    orgMonthlyEngagement({
      nps: t['silver.nps_surveys']!,
      touches: t['silver.marketing_touches']!,
      users: t['silver.dim_users']!,
      usersMonthDay,
    }),
  ),
  'gold.daily_usage_rollup': recipe((t) => dailyUsageRollup({ usage: t['gold.org_daily_usage_by_service']! })),
  'gold.daily_support_rollup': recipe((t) =>
    dailySupportRollup({ support: t['gold.org_daily_support_metrics']!, orgs: t['silver.dim_orgs']! }),
  ),
  'gold.monthly_revenue_rollup': recipe((t) =>
    monthlyRevenueRollup({ revenue: t['gold.org_monthly_revenue']!, orgs: t['silver.dim_orgs']! }),
  ),
  'gold.daily_cost_anomalies': recipe(
    (t) =>
      dailyCostAnomalies({
        anomalies: t['gold.org_daily_cost_anomalies']!,
        usage: t['gold.org_daily_usage_by_service']!,
      }),
    {
      'gold.org_daily_usage_by_service': ['org_id', 'usage_date', 'service_name', 'org_name', 'hq_region', 'plan_tier'],
    },
  ),
};
