/** Answers the named queries from Cassandra, each by its partitions: no scan, no filtering. */
import type { types } from 'cassandra-driver';
import { mapBounded } from '../engine/delta/map-bounded.ts';
import { fromCassandra } from './cell-value.ts';
import { namedStatement } from './cql-folder.ts';
import { type QuerySpec, querySpec } from './query-catalog.ts';
import { type CheckedParameters, parseParameters, periodOf, type QueryParameters } from './query-parameters.ts';
import { type AnswerRow, summarise } from './query-rows.ts';
import { newestDay, servedDays } from './served-days.ts';
import type { Session } from './session.ts';

export interface QueryResult {
  readonly name: string;
  readonly org: string | null;
  /** The last day up to today with data over all organisations (or the day asked for); null when nothing is served. */
  readonly referenceDay: string | null;
  /** Days asked for, both included; months as their first days. */
  readonly from: string | null;
  readonly to: string | null;
  readonly columns: readonly string[];
  /** Decimals are exact text, counts are numbers, days are `YYYY-MM-DD`. */
  readonly rows: readonly AnswerRow[];
  /** Which publication of the mart the rows come from, or a later one of which some rows are there already. */
  readonly publication: { readonly mart: string; readonly number: number; readonly version: number } | null;
  /** Why there are no rows. */
  readonly message: string | null;
  readonly ms: number;
}

/** The rollup whose newest day is the reference day of every query. */
const referenceMart = 'daily_usage_rollup';
const queriesAtATime = 32;

/** The last day, not after today (UTC), with data over all organisations; null when nothing was published. */
export function referenceDay(session: Session, nowMs: number): Promise<string | null> {
  return newestDay(session, referenceMart, new Date(nowMs).toISOString().slice(0, 10));
}

/**
 * Runs a named query for one organisation, or over all. Throws `QueryError` for an unknown name (listing the names) or a bad
 * parameter (naming it). An unknown organisation is an empty answer with a message.
 */
export async function runQuery(
  session: Session,
  name: string,
  parameters: QueryParameters,
  clock: () => number = Date.now,
): Promise<QueryResult> {
  const start = performance.now();
  const spec = querySpec(name);
  const checked = parseParameters(spec, parameters);
  const mart = checked.org === null ? spec.rollup : spec.mart;
  const [day, publication] = await Promise.all([
    checked.date ?? referenceDay(session, clock()),
    publicationOf(session, `gold.${mart}`),
  ]);
  const answer = { name, org: checked.org, referenceDay: day, publication };
  if (day === null) {
    const { columns } = summarise(spec, checked, []);
    const message = 'nothing has been published yet';
    return { ...answer, from: null, to: null, columns, rows: [], message, ms: performance.now() - start };
  }
  const { from, to } = periodOf(spec, checked, day);
  const served =
    checked.org === null
      ? await rollupRows(session, spec, from, to)
      : await martRows(session, spec, checked.org, from, to);
  const { columns, rows } = summarise(
    spec,
    checked,
    served.map((row) => (column: string) => fromCassandra(row[column])),
  );
  const message = rows.length > 0 ? null : await whyEmpty(session, spec, checked, from, to);
  return { ...answer, from, to, columns, rows, message, ms: performance.now() - start };
}

async function martRows(
  session: Session,
  spec: QuerySpec,
  org: string,
  from: string,
  to: string,
): Promise<types.Row[]> {
  return session.execute(await namedStatement(spec.name), { org, first_day: from, last_day: to });
}

/** Only days that have rows are asked for, side by side. */
async function rollupRows(session: Session, spec: QuerySpec, from: string, to: string): Promise<types.Row[]> {
  const statement = await namedStatement(`${spec.name}_all`);
  const days = await servedDays(session, spec.rollup, from, to);
  return (await mapBounded(days, queriesAtATime, (day) => session.execute(statement, { day }))).flat();
}

async function publicationOf(session: Session, mart: string): Promise<QueryResult['publication']> {
  const [row] = await session.execute('SELECT number, version FROM publication_state WHERE mart = ?', [mart]);
  return row === undefined ? null : { mart, number: Number(row.number), version: Number(row.version) };
}

async function whyEmpty(
  session: Session,
  spec: QuerySpec,
  { org }: CheckedParameters,
  from: string,
  to: string,
): Promise<string> {
  const period = `from ${from} to ${to}`;
  if (org === null) return `no rows ${period}`;
  if (await hasRows(session, spec.mart, org)) return `organisation ${org} has no rows ${period}`;
  const known = await isServed(session, org);
  return known ? `organisation ${org} has no rows in ${spec.mart}` : `no organisation ${org} is known`;
}

/** Whether a mart has rows of the organisation. */
export async function isServed(session: Session, org: string): Promise<boolean> {
  return (await Promise.all(organisationMarts.map((mart) => hasRows(session, mart, org)))).includes(true);
}

async function hasRows(session: Session, mart: string, org: string): Promise<boolean> {
  return (await session.execute(`SELECT org_id FROM ${mart} WHERE org_id = ? LIMIT 1`, [org])).length > 0;
}

/** An organisation in none of these is unknown. */
const organisationMarts = ['org_daily_usage_by_service', 'org_daily_support_metrics', 'org_monthly_revenue'];
