/** A report: the pages of the dashboard as one file that needs nothing else. */
import type { Budgets } from '../../activities/alerts/budgets.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import type { CassandraConfig } from '../../serving/config.ts';
import { connect } from '../../serving/session.ts';
import type { DimensionsAnswer, Period, ProblemDetails } from '../api.ts';
import { dashboardApp } from '../server/app.ts';
import { periodOf } from '../server/period.ts';
import { Problem, problemKinds } from '../server/problem.ts';
import { speedLayerOf } from '../server/sources/increments.ts';
import { watchPublications } from '../server/sources/publications.ts';
import type { RenderReport } from './rendering.ts';
import { agree, sourcesOf } from './sources.ts';

/** The filters of the dashboard; what is left out is all of it, or the usual time. */
export type ReportFilters = Readonly<
  Partial<Record<'org' | 'service' | 'region' | 'plan' | 'from' | 'to', string | undefined>>
>;

export interface ReportOptions {
  readonly filters: ReportFilters;
  /** A login that reads is enough. */
  readonly cassandra: CassandraConfig;
  /** Folder of the lake. */
  readonly lake: string;
  /** Folder of the landing zone. */
  readonly landing: string;
  readonly budgets: Budgets | null;
  readonly clock: () => number;
  readonly log: (message: string) => void;
}

export interface Report {
  readonly html: string;
  readonly period: Period;
}

/** A filter that no report can be made of: asking the same again does not help. */
export class BadFilter extends Error {
  override readonly name = 'BadFilter';
}

/** While the line publishes, answers can be of several publications: so often is everything asked again. */
const attempts = 3;

/** Makes a report. Throws `BadFilter`, or an Error saying why there is none now. */
export async function makeReport(options: ReportOptions): Promise<Report> {
  const { cassandra, lake: folder, landing, budgets, clock, log } = options;
  const session = await connect(cassandra);
  const lake = new Lake(openStore(folder), clock);
  const watch = watchPublications(async () => session, speedLayerOf(lake), log);
  const access = { token: null, proxyHeader: null };
  const app = await dashboardApp({ access, watch, lake, landing, budgets, temporalUi: null, clock, log });
  // Nothing listens: the API is asked in this process.
  const ask = async (address: string): Promise<unknown> => {
    const { statusCode, body } = await app.inject(address);
    if (statusCode === 200) return JSON.parse(body);
    const { type, detail } = JSON.parse(body) as ProblemDetails;
    throw failureOf(type.slice('/problems/'.length), detail, options.filters);
  };
  try {
    return await reportOf(options, ask);
  } catch (error) {
    throw error instanceof Problem ? failureOf(error.kind, error.message, options.filters) : error;
  } finally {
    await app.close();
    await watch.close();
  }
}

async function reportOf(
  { filters, clock }: ReportOptions,
  ask: (address: string) => Promise<unknown>,
): Promise<Report> {
  const dimensions = (await ask('/api/v1/dimensions')) as DimensionsAnswer;
  checkNames(filters, dimensions);
  const { from, to } = filters;
  const period = periodOf({ ...(from && { from }), ...(to && { to }) }, dimensions.reference_day);
  // Days are named from here on: the report is of one period, also when midnight passes.
  const given = Object.entries({ ...filters, ...period }).filter(([, value]) => value !== undefined);
  const search = String(new URLSearchParams(given as [string, string][]));
  const render = await renderer();
  const madeAt = new Date(clock()).toISOString();
  for (let attempt = 1; ; attempt++) {
    const answers = new Map<string, unknown>();
    let rendered = render({ search, madeAt, answers });
    while (rendered.missing.length > 0) {
      for (const [i, answer] of (await Promise.all(rendered.missing.map(ask))).entries()) {
        answers.set(rendered.missing[i]!, answer);
      }
      rendered = render({ search, madeAt, answers });
    }
    if (attempt === attempts || agree(sourcesOf(answers.values()))) return { html: rendered.html, period };
  }
}

/** A name that nobody has would give a report of nothing. */
function checkNames(filters: ReportFilters, { services, regions, plans }: DimensionsAnswer): void {
  for (const [name, known] of Object.entries({ service: services, region: regions, plan: plans })) {
    const value = filters[name as 'service' | 'region' | 'plan'];
    if (value === undefined || known.includes(value)) continue;
    throw new BadFilter(`${name} is ${JSON.stringify(value)}, expected one of ${known.join(', ')}`);
  }
}

/** What a problem of the API is to whoever wants a report: nobody asks again by itself. */
function failureOf(kind: string, detail: string, { org }: ReportFilters): Error {
  if (kind === 'bad-parameter') return new BadFilter(detail);
  if (kind === 'unknown-organisation')
    return new BadFilter(`no mart has rows of the organisation ${JSON.stringify(org)}`);
  const { title } = problemKinds[kind as keyof typeof problemKinds];
  return new Error(kind === 'nothing-published' ? `${title}: run the line with \`cpa run dailyRun\`` : title);
}

/** The bundle beside this file, in `dist` both when this runs from there and in tests. */
async function renderer(): Promise<RenderReport> {
  const { renderReport } = (await import(new URL('./bundle.js', import.meta.url).href)) as {
    readonly renderReport: RenderReport;
  };
  return renderReport;
}
