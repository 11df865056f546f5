/**
 * Generates a landing zone of any size with the shapes and the defects of the original data: seven masters and the event
 * files. The same options give byte-identical files on every machine; memory does not grow with the number of events.
 */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvText, type MasterRows, spoil } from './csv.ts';
import { dayOf, dayText } from './days.ts';
import { writeEventFiles } from './event-files.ts';
import { type DefectLevel, LineSource, type Slot } from './lines.ts';
import { billingMonthly, marketingTouches, npsSurveys, supportTickets, users } from './masters.ts';
import { organisations, type Resource, resources } from './organisations.ts';
import { permutation } from './permutation.ts';
import { seededRandom } from './random.ts';
import type { MasterTruth, Truth } from './truth.ts';

export type { DefectLevel } from './lines.ts';
export type { MasterTruth, Truth } from './truth.ts';

/** How much to generate, of what, and where. */
export interface GenerateOptions {
  /** Event lines, repeats and broken ones included. */
  readonly events: number;
  /** Days the events cover; the first quarter of them has schema version 1. */
  readonly days: number;
  readonly seed: number;
  /** Folder of the landing zone; its `usage_events_stream` must be empty or absent. */
  readonly out: string;
  /** Default: 80 up to 43,200 events, then growing with the square root of the events. */
  readonly orgs?: number;
  /** Default: 360 events a file. */
  readonly files?: number;
  /** First day, `YYYY-MM-DD`. Default 2025-07-03, as the original data. */
  readonly startDate?: string;
  /** `original`: the defects of the original data; `full` (default): also those it lacks. */
  readonly defects?: DefectLevel;
  readonly onProgress?: (events: number, total: number) => void;
}

/** What was generated. `landingTime` (ISO) is the modification time of every file: one day after the range ends. */
export interface GeneratedSummary {
  readonly events: number;
  readonly files: number;
  readonly bytes: number;
  readonly orgs: number;
  readonly firstDay: string;
  readonly lastDay: string;
  readonly landingTime: string;
  readonly truth: Truth;
}

/** Writes a landing zone. Throws when the options make none or the event folder is not empty. */
export async function generateLanding(options: GenerateOptions): Promise<GeneratedSummary> {
  const { events, days, seed, out } = options;
  const defects = options.defects ?? 'full';
  const orgs = options.orgs ?? Math.max(80, Math.round(80 * Math.sqrt(events / 43_200)));
  const files = options.files ?? Math.max(1, Math.ceil(events / 360));
  for (const [name, n] of Object.entries({ events, days, orgs, files })) {
    if (!Number.isInteger(n) || n < 1) throw new Error(`${name} must be a whole number from 1, not ${n}`);
  }
  const firstDay = dayOf(options.startDate ?? '2025-07-03');
  const modifiedAt = (firstDay + days + 1) * 86_400;

  const masters = makeMasters(orgs, firstDay, days, seed, defects);
  const lines = new LineSource(resourcesOf(masters), seededRandom(seed, 'lines'));
  const full = defects === 'full';
  const masterTruth: Record<string, MasterTruth> = {};
  mkdirSync(out, { recursive: true });
  for (const master of masters) {
    masterTruth[master.name] = full
      ? spoil(master, seededRandom(seed, `spoil ${master.name}`), lines.counts.defects)
      : { read: master.rows.length, written: master.rows.length, duplicate: 0, quarantined: {} };
    const path = join(out, `${master.name}.csv`);
    const text = csvText(master, full && master.name === 'users' ? '\r\n' : '\n', full && master.name === 'resources');
    writeFileSync(path, text);
    utimesSync(path, modifiedAt, modifiedAt);
  }

  const folder = join(out, 'usage_events_stream');
  const place = permutation(events, seededRandom(seed, 'order'));
  const slots: Slot[] = Array.from({ length: days }, (_, i) => ({
    date: dayText(firstDay + i),
    schemaVersion: i < Math.floor(days / 4) ? 1 : 2,
  }));
  const { bytes, waiting } = await writeEventFiles(
    { folder, events, files, defects, modifiedAt, slotOf: (i) => slots[place(i) % days]! },
    lines,
    seededRandom(seed, 'files'),
    (done) => options.onProgress?.(done, events),
  );
  const { counts } = lines;
  return {
    events,
    files,
    bytes,
    orgs,
    firstDay: dayText(firstDay),
    lastDay: dayText(firstDay + days - 1),
    landingTime: new Date(modifiedAt * 1000).toISOString(),
    truth: {
      events: {
        read: counts.read,
        written: counts.written,
        duplicate: counts.duplicate,
        quarantined: counts.bronzeQuarantined,
        waiting,
      },
      silver: {
        written: counts.silver.written,
        quarantined: counts.silverQuarantined,
        sums: counts.silver.sums(),
      },
      masters: masterTruth,
      defects: counts.defects,
    },
  };
}

function makeMasters(orgs: number, firstDay: number, days: number, seed: number, defects: DefectLevel): MasterRows[] {
  const random = (name: string) => seededRandom(seed, name);
  const orgRows = organisations(orgs, firstDay, random('orgs'));
  const orgIds = orgRows.rows.map((row) => row[0]!);
  const range = { orgIds, firstDay, days };
  return [
    orgRows,
    users(range, random('users')),
    resources(orgIds, firstDay, days, random('resources')),
    supportTickets(range, random('tickets')),
    marketingTouches(range, random('touches')),
    npsSurveys(range, defects === 'full', random('nps')),
    billingMonthly(range, random('billing')),
  ];
}

function resourcesOf(masters: readonly MasterRows[]): Resource[] {
  const { rows } = masters.find((m) => m.name === 'resources')!;
  return rows.map(([id, org, service, region]) => ({ id: id!, org: org!, service: service!, region: region! }));
}
