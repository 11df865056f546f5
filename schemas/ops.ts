/** Ops: what the line did. */
import {
  bool,
  date,
  dictionary,
  type Field,
  field,
  int32,
  int64,
  money,
  moneySum,
  required,
  type TableContract,
  timestamp,
  utf8,
} from './contract.ts';

function ops(
  name: string,
  doc: string,
  key: readonly string[],
  partition: string | null,
  fields: readonly Field[],
): TableContract {
  return {
    name: `ops.${name}`,
    layer: 'ops',
    doc,
    key,
    partition,
    fields,
    upstream: [],
    rulesVersion: 1,
    serving: null,
  };
}

export const ledger = ops(
  'ledger',
  'One row a piece of work: read = written + unchanged + quarantined + duplicate, durations, versions',
  ['work_id'],
  'run_date',
  [
    required('work_id', utf8, 'Identity of the work: target and the upstream versions it consumed'),
    required('table_name', dictionary, 'Target table'),
    required('workflow_id', utf8, 'Workflow that did it'),
    required('run_id', utf8, 'Its run'),
    required('rows_read', int64, 'Rows read'),
    required('rows_written', int64, 'Rows written; of a re-drive: by how many rows the table grew'),
    required('rows_unchanged', int64, 'Rows that were there already with the same content'),
    required('rows_quarantined', int64, 'Rows rejected; below 0: so many rows a re-drive took out of quarantine'),
    required('rows_duplicate', int64, 'Identical repeats'),
    required('rows_late', int64, 'Rows written that were late'),
    required('partitions', int32, 'Partitions written'),
    required('bytes_written', int64, 'Bytes of the files written'),
    field('version', int64, 'Version of the table after the work'),
    field('upstream_versions', utf8, 'JSON object: upstream table → version consumed'),
    field('reason', utf8, 'Why it was done: what made the partitions dirty, or who asked for it'),
    required('started_at', timestamp, 'Start'),
    required('duration_ms', int64, 'Duration'),
    required('run_date', date, 'UTC day of `started_at`'),
  ],
);

export const landingFiles = ops(
  'landing_files',
  'Which bytes of which landing file went into which micro-batch',
  ['source_file', 'source_generation', 'batch'],
  null,
  [
    required('source_file', utf8, 'Landing file, relative to the landing zone'),
    required('source_generation', int32, 'Generation of that file'),
    required('batch', int64, 'Micro-batch of the stream'),
    required('from_byte', int64, 'First byte'),
    required(
      'to_byte',
      int64,
      'Byte after the last one: the end of a complete line; 0 where the file was gone or replaced when its turn came',
    ),
    required('from_line', int64, 'Line number of the first line, from 1'),
    required('lines', int64, 'Lines in the range'),
    required('head_hash', utf8, 'Hash of the file’s first block (at most 4 KiB of what was consumed)'),
    required('tail_hash', utf8, 'Hash of the last block consumed (at most 4 KiB)'),
    required('watermark', timestamp, 'Event-time watermark the batch was judged by'),
    required('modified_at', timestamp, 'Modification time of the file'),
    field(
      'file_size',
      int64,
      'Size of the file on disk when it was planned, where the range ends with all that it held; null where a part was left',
    ),
  ],
);

export const publications = ops(
  'publications',
  'Publications to Cassandra: opened before anything is read, closed when everything is written',
  ['number', 'table_name', 'state'],
  null,
  [
    required('number', int64, 'Publication number: the write timestamp, microseconds'),
    required('table_name', dictionary, 'Gold mart'),
    required('state', dictionary, 'opened or closed'),
    required('table_version', int64, 'Pinned version of the mart; −1 when it was not built yet'),
    field('speed_version', int64, 'Pinned version of its increments; null when it has none'),
    required('rebuild', bool, 'Whether everything is rewritten'),
    field('rows_written', int64, 'Rows upserted'),
    field('rows_deleted', int64, 'Rows deleted'),
    required('at', timestamp, 'When'),
  ],
);

export const backfills = ops(
  'backfills',
  'Requests to backfill a range of days: a row when one is accepted, another when it has ended',
  ['request_id', 'state'],
  null,
  [
    required('request_id', utf8, 'Request'),
    required('state', dictionary, 'accepted; then done, incomplete (some days or tables failed) or cancelled'),
    required('from_date', date, 'First day of the range'),
    required('to_date', date, 'Last day of the range'),
    required('tables', utf8, 'JSON array: tables that were asked for'),
    required('mode', dictionary, 'missing: what is absent or dirty; failed: what failed last time; all: everything'),
    field('reason', utf8, 'Why, as the asker said'),
    field('asked_by', utf8, 'Who, as the asker said'),
    required(
      'asked_at',
      timestamp,
      'When it was accepted; in milliseconds the number that partitions it recomputed record',
    ),
    required('at', timestamp, 'When this row was written'),
    required('workflow_id', utf8, 'Workflow that does it'),
    required('run_id', utf8, 'Its run'),
    field('days_planned', int32, 'Days that had something to do'),
    field('days_done', int32, 'Days that were built'),
    field('days_failed', int32, 'Days that could not be built'),
    field('rows_read', int64, 'Rows read'),
    field('result', utf8, 'JSON object: `failed` (day or table → why) and `versions` (table → before and after)'),
  ],
);

export const alerts = ops(
  'alerts',
  'Budgets that were reached: one row an organisation, day and threshold, for ever, also when the total falls again',
  ['alert_id'],
  null,
  [
    required('alert_id', utf8, '`<org_id>/<usage_date>/<threshold_percent>`'),
    required('org_id', utf8, 'Organisation'),
    required('usage_date', date, 'UTC day of the usage'),
    required('threshold_percent', int32, 'Part of the budget that was reached: 80 or 100'),
    required('budget_usd', money, 'Budget of the organisation for a day when it was reached, US dollars'),
    required('total_usd', moneySum, 'Cost of the day over all services when it was looked at, batch and increments'),
    required('bronze_version', int64, 'Newest version of bronze.usage_events in that total; −1 when not known'),
    required('raised_at', timestamp, 'When'),
    required('run_id', utf8, 'Run of the stream that raised it'),
  ],
);

export const alertDeliveries = ops(
  'alert_deliveries',
  'What became of the notification of each alert: rows are appended, a claim before each attempt and its outcome after',
  ['alert_id', 'attempt', 'state'],
  null,
  [
    required('alert_id', utf8, 'Alert'),
    required('attempt', int32, 'Attempt, from 1'),
    required(
      'state',
      dictionary,
      'claimed: one worker alone sends it now; delivered or refused: nobody sends it again; failed: anybody may try again',
    ),
    required('at', timestamp, 'When'),
    required('worker_id', utf8, 'Worker process that claimed it'),
    required('run_id', utf8, 'Run of the stream it worked for'),
    field('http_status', int32, 'Status of the answer; null without one'),
    field('reason', utf8, 'Why it was not delivered'),
  ],
);

export const notices = ops(
  'notices',
  'What operators are told of: failed runs, missed runs, audit findings. A row when it is entered, another with the answer of the receiver',
  ['notice_id', 'state'],
  null,
  [
    required(
      'notice_id',
      utf8,
      '`failed/…` and `audit/…` with workflow id and run id; `missed/<schedule>/<number of missed runs>`',
    ),
    required(
      'state',
      dictionary,
      'entered; delivered or refused: nobody sends it again. Entered only: there is no receiver, or it has not answered',
    ),
    required('kind', dictionary, 'failed, missed or audit'),
    required('workflow_type', dictionary, 'Type of the run that says so'),
    required('workflow_id', utf8, 'Its workflow id'),
    required('run_id', utf8, 'Its run id'),
    required('logical_date', date, 'Its logical date'),
    required('message', utf8, 'What is the matter'),
    required('at', timestamp, 'When it was noticed'),
    field('http_status', int32, 'Status of the answer; null without one'),
  ],
);

export const audits = ops(
  'audits',
  'What audits have found: one row a check, all of an audit in one commit when it ends. It has passed when all its checks have',
  ['workflow_id', 'run_id', 'check_name'],
  null,
  [
    required('at', timestamp, 'When the audit ended'),
    required(
      'scope',
      dictionary,
      'changed: counts of all, contents of what changed since the last audit that passed; everything: contents of all',
    ),
    required('check_name', dictionary, 'What was checked, of which table'),
    required('passed', bool, 'Whether the check passed'),
    required('compared', int64, 'Rows, partitions or keys compared'),
    required('finding', utf8, 'Both sides in words, with the numbers'),
    required('duration_ms', int64, 'Duration of the audit'),
    required('workflow_id', utf8, 'Workflow of the audit; in a daily run `<its workflow id>/audit`'),
    required('run_id', utf8, 'Its run: there is one audit to a run'),
    field('logical_date', date, 'Its logical date; null when the run began before this was kept'),
  ],
);
