/** The metrics of the continuous stream. Counters count since the worker started. */
import type { Metric, Run } from '../context.ts';
import type { Counts } from '../counts.ts';
import type { Lag } from './queue.ts';

const metric = (name: string, description: string): Metric => ({ name: `cpa_stream_${name}`, description });

const lagMetrics: Readonly<Record<keyof Lag, Metric>> = {
  files: metric('lag_files', 'Event files with lines that wait for a micro-batch'),
  bytes: metric('lag_bytes', 'Bytes that wait for a micro-batch'),
  seconds: metric('lag_seconds', 'Time since the oldest waiting file was last written, seconds; 0 when none waits'),
};

const rowMetrics: Readonly<Record<keyof Omit<Counts, 'unchanged'>, Metric>> = {
  read: metric('rows_read_total', 'Event lines read'),
  written: metric('rows_written_total', 'Rows written to Bronze'),
  quarantined: metric('rows_quarantined_total', 'Event lines that Bronze rejected'),
  duplicate: metric('rows_duplicate_total', 'Event lines that were known already'),
  late: metric('rows_late_total', 'Rows written that were older than the watermark'),
};

const batches = metric('micro_batches_total', 'Micro-batches committed');
const batchSeconds = metric(
  'micro_batch_seconds',
  'How long the last micro-batch took from reading its lines to their commit, seconds',
);
const publications = metric('publications_total', 'Publications that changed rows in Cassandra');
const publicationSeconds = metric('publication_seconds', 'How long the last of these publications took, seconds');
const servedAt = metric('served_timestamp_seconds', 'When Cassandra was last up to date, seconds since 1970');
const servingLag = metric(
  'serving_lag_seconds',
  'How long increments have been waiting to be served, seconds; 0: none wait',
);

export function tellLag({ gauge }: Run, lag: Lag): void {
  for (const [name, of] of Object.entries(lagMetrics)) gauge(of, lag[name as keyof Lag]);
}

/** Told of each micro-batch by whoever commits it. */
export function tellBatch({ count, gauge }: Run, counts: Counts, ms: number): void {
  for (const [name, of] of Object.entries(rowMetrics)) count(of, counts[name as keyof Counts]);
  count(batches, 1);
  gauge(batchSeconds, ms / 1000);
}

/** Told of each publication that changed something. */
export function tellPublication({ count, gauge }: Run, ms: number): void {
  count(publications, 1);
  gauge(publicationSeconds, ms / 1000);
}

/** Told after each attempt to publish: how long the oldest increments not served have been waiting; null when all are served. */
export function tellServing({ gauge }: Run, nowMs: number, waitingMs: number | null): void {
  gauge(servingLag, (waitingMs ?? 0) / 1000);
  if (waitingMs === null) gauge(servedAt, nowMs / 1000);
}
