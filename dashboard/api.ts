/** What the API answers, as the page and the report read it. Decimals are exact text, days `YYYY-MM-DD`, months their first days. */

export type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

export interface Period {
  readonly from: string;
  readonly to: string;
}

/** The publication that rows come from, or a later one of which some rows are there already. */
export interface Source {
  readonly mart: string;
  readonly publication: number;
  readonly version: number;
  /** Version of the speed layer's increments that are added to the rows; null without any, absent where none can be. */
  readonly speed_version?: number | null;
}

/** `/api/v1/usage`, `support`, `revenue`, `genai`. */
export interface CubeAnswer {
  readonly org: string | null;
  readonly by: readonly string[];
  readonly where: Readonly<Record<string, string>>;
  readonly period: Period;
  readonly reference_day: string;
  readonly source: Source;
  readonly rows: readonly Row[];
  /** Over all rows together; null without a row. */
  readonly total: Row | null;
}

/** A total now, over as many days before, and over the same days a year earlier; null without a row. */
export interface Compared {
  readonly current: Row | null;
  readonly previous: Row | null;
  readonly year_before: Row | null;
}

/** `/api/v1/overview`. Revenue is that of the months that a period touches. */
export interface OverviewAnswer {
  readonly org: string | null;
  readonly period: Period;
  readonly previous: Period;
  readonly year_before: Period;
  readonly reference_day: string;
  readonly sources: Readonly<Record<'usage' | 'support' | 'revenue', Source>>;
  readonly usage: Compared;
  readonly support: Compared;
  readonly revenue: Compared;
}

/**
 * `/api/v1/anomalies`: of one organisation every scored day, over all organisations the anomalous ones, those furthest from what was
 * expected first.
 */
export interface AnomaliesAnswer {
  readonly org: string | null;
  readonly period: Period;
  readonly source: Source;
  /** Also those that are not listed. */
  readonly anomalies: number;
  readonly rows: readonly Row[];
}

/** `/api/v1/reconciliation`: metered cost against invoiced subtotal by month. */
export interface ReconciliationAnswer {
  readonly org: string | null;
  readonly period: Period;
  readonly sources: readonly Source[];
  readonly rows: readonly Row[];
}

/** `/api/v1/budget`: what the organisations meant may spend a day. */
export interface BudgetAnswer {
  /** Null: none of them has a budget. */
  readonly usd_per_day: string | null;
  /** How many of them have one, of how many. */
  readonly budgeted: number;
  readonly organisations: number;
}

export interface DimensionsAnswer {
  readonly first_day: string;
  readonly last_day: string;
  readonly reference_day: string;
  readonly services: readonly string[];
  readonly regions: readonly string[];
  readonly plans: readonly string[];
  /** What the run ids of a workflow are appended to: `<this>/<workflow id>/<run id>`. */
  readonly temporal_ui: string | null;
}

export interface Organisation {
  readonly org_id: string;
  readonly org_name: string | null;
  readonly hq_region: string | null;
  readonly plan_tier: string | null;
}

export interface OrganisationsAnswer {
  readonly version: number;
  readonly total: number;
  readonly organisations: readonly Organisation[];
}

/** RFC 9457. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly parameters?: readonly { readonly name: string; readonly detail: string }[];
}

/** `/api/v1/freshness`: the strip at the top of every page. */
export interface FreshnessAnswer {
  /** Last day with usage, not after today. */
  readonly last_day: string | null;
  /** When marts were last published. */
  readonly published_at: string | null;
  readonly events: {
    /** Events in the figures and in quarantine. */
    readonly read: number;
    readonly quarantined: number;
  };
  readonly audit: AuditAnswer | null;
  /** Events of the speed layer that the batch layer has not confirmed. */
  readonly live: number;
}

/** A run of the line, as links name it. */
export interface RunReference {
  readonly workflow_id: string;
  readonly run_id: string;
}

/** The last audit. */
export interface AuditAnswer extends RunReference {
  readonly at: string;
  readonly scope: string;
  readonly passed: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly passed: boolean;
    readonly compared: number;
    readonly finding: string;
  }[];
}

/** `/api/v1/layers`: how far each layer is. */
export interface LayersAnswer {
  readonly layers: readonly {
    readonly layer: string;
    readonly doc: string;
    /** Last commit or publication. */
    readonly at: string | null;
    /** What it has not taken from the layer before. */
    readonly behind: number;
    readonly unit: string;
  }[];
}

/** `/api/v1/tables`. */
export interface TablesAnswer {
  readonly tables: readonly Row[];
}

/** `/api/v1/tables/<name>/versions`, newest first. */
export interface VersionsAnswer {
  readonly table: string;
  readonly versions: readonly Row[];
}

/** `/api/v1/ledger`, newest first. */
export interface LedgerAnswer {
  readonly rows: readonly Row[];
}

/** `/api/v1/quarantine`: rows and money held by rule. */
export interface QuarantineAnswer {
  readonly rows: number;
  readonly money_held_usd: string;
  readonly rules: readonly Row[];
}

/** `/api/v1/quarantine/rows`: the rows of one rule. */
export interface QuarantineRowsAnswer {
  readonly rows: readonly Row[];
  readonly total: number;
}

/** `/api/v1/late`: rows that came late, by the day they were read. */
export interface LateAnswer {
  readonly rows: readonly Row[];
}
