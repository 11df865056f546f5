/** Every workflow type: what people are told of it, wherever they meet it. Adding a type is one entry here, and its export in `index.ts`. */

export interface CatalogueEntry {
  /** One line, without a full stop. */
  readonly summary: string;
  /** What it does, Markdown. */
  readonly about: string;
  /** The search attribute `CpaLayer` of its runs. */
  readonly layer: string;
  /** An input that is valid on any lake; every type takes `{}` too. */
  readonly example: Readonly<Record<string, unknown>>;
  /** What to do when it fails, Markdown. */
  readonly onFailure: string;
  /** Headings of docs/runbook.md that tell more. */
  readonly runbook: readonly RunbookHeading[];
  /** Only other workflows start it: it is not offered to people. */
  readonly internal?: true;
}

export const runbookHeadings = [
  'Bad data',
  'Missing master',
  'Cassandra down',
  'Disk full',
  'Schema mismatch',
  'Code bug',
  'Audit failed',
  'A damaged file',
  'A backfill is incomplete',
  'A restore is refused',
] as const;
export type RunbookHeading = (typeof runbookHeadings)[number];

const entries = {
  dailyRun: {
    summary: 'The whole line: landing → Bronze → Silver → Gold → Cassandra → audit',
    about:
      'Runs the whole line for whatever is new or dirty: masters and events to Bronze, then Silver, Gold, Cassandra and an ' +
      'audit, each a child workflow. A layer that fails in part does not hold up the rest. The date labels the run.',
    layer: 'all',
    example: { date: '2025-08-14' },
    onFailure:
      'Everything that could be done was done, and stays. Open the child that failed (**Relationships**), mend what its page ' +
      'names, and start `dailyRun` again with `{}`: it does what is left.',
    runbook: ['Bad data', 'Missing master', 'Cassandra down', 'Audit failed'],
  },
  bronzeBatch: {
    summary: 'The seven CSV masters to Bronze',
    about: 'Loads the CSV masters into Bronze: one snapshot a file. A snapshot already loaded is left alone.',
    layer: 'bronze',
    example: { masters: ['users'] },
    onFailure:
      'The other masters are loaded. Put the file that the message names right in the landing zone and start `bronzeBatch` ' +
      'again with `{}`.',
    runbook: ['Missing master', 'Bad data', 'Disk full'],
  },
  bronzeStream: {
    summary: 'The usage events to Bronze',
    about:
      'Reads the event files into Bronze in micro-batches. `{}` reads every complete line that has landed and ends; ' +
      '`{"mode": "continuous"}` reads files as they land and serves what they add, until the signal `stop`.',
    layer: 'bronze',
    example: { mode: 'availableNow' },
    onFailure:
      'What was read is in Bronze once. Mend the files that the message names, or signal `resume` to a stream that is ' +
      'paused, and start `bronzeStream` again with the same input: where the stream stands is in the lake.',
    runbook: ['Bad data', 'Disk full'],
  },
  silver: {
    summary: 'Whatever is dirty in Silver',
    about: 'Builds the Silver partitions whose upstream changed: dimensions, then conformed tables and usage events.',
    layer: 'silver',
    example: { tables: ['silver.usage_events'] },
    onFailure:
      'The other tables are built, and a table that failed is as it was. Mend what the message names and start `silver` ' +
      'again with `{}`: it builds what is left.',
    runbook: ['Bad data', 'Schema mismatch', 'Disk full', 'Code bug'],
  },
  gold: {
    summary: 'Whatever is dirty in Gold',
    about: 'Builds the Gold partitions whose upstream changed, each mart after the marts it is made of.',
    layer: 'gold',
    example: { tables: ['gold.org_daily_usage_by_service'] },
    onFailure:
      'The other marts are built, and a mart that failed is as it was. Mend what the message names and start `gold` again ' +
      'with `{}`: it builds what is left.',
    runbook: ['Schema mismatch', 'Disk full', 'Code bug'],
  },
  serving: {
    summary: 'Gold to Cassandra, as a difference',
    about:
      'Publishes the marts to Cassandra: what differs from the last publication, which is then read back and compared. ' +
      '`{"rebuild": true}` writes everything again.',
    layer: 'serving',
    example: { marts: ['gold.org_daily_usage_by_service'] },
    onFailure:
      'The other marts are published. When Cassandra answers again start `serving` with `{}`: it repairs what was left half ' +
      'done. Where Cassandra holds something else than the lake says (`PublicationMismatch`), start it with `{"rebuild": true}`.',
    runbook: ['Cassandra down'],
  },
  audit: {
    summary: 'Every layer against the one before',
    about:
      'Checks every layer against the one before, keys, references, and Cassandra against Gold: what changed since the last ' +
      'audit that passed. `{"scope": "everything"}` checks everything.',
    layer: 'audit',
    example: { scope: 'everything' },
    onFailure:
      'The checks that failed are listed with both numbers. Start `dailyRun` with `{}`, then `audit` with ' +
      '`{"scope": "everything"}`; what fails again needs somebody to look at the table named.',
    runbook: ['Audit failed', 'Cassandra down'],
  },
  maintenance: {
    summary: 'Small files compacted, files that nobody needs removed',
    about:
      'Removes files that no version needs which is young, published or made use of, and compacts tables in which small files gather. ' +
      'No rows change. `{"dryRun": true}` only says what would be removed.',
    layer: 'maintenance',
    example: { tables: ['bronze.usage_events'], dryRun: true },
    onFailure:
      'The other tables are done, and the rows of all are as they were. Start `maintenance` again with `{}`; ' +
      'on a full disk there may be room for it now.',
    runbook: ['Disk full', 'A damaged file'],
  },
  redrive: {
    summary: 'Quarantined events tried again, then whatever is dirty of Silver, Gold and Cassandra',
    about:
      'Tries quarantined events again by the rules of now, after a rule or an input was mended: what passes is written once and leaves ' +
      'quarantine. `{"rules": ["unparseable"]}`, `"files"`, `"from"` and `"to"` select; `{"accept": "conflicts"}` lets restated events ' +
      'replace the committed ones, whose content is kept.',
    layer: 'bronze',
    example: { rules: ['unparseable'], reason: 'ticket 42' },
    onFailure:
      'What was written stays, once. Mend what the message names and start `redrive` again with the same input.',
    runbook: ['Bad data', 'Disk full', 'Cassandra down'],
  },
  restore: {
    summary: 'A table back to an earlier version, pinned there until a backfill recomputes it',
    about:
      'Brings `table`, of Silver or Gold, back to `version`, builds what is made of it and publishes. What that changes is pinned: no run ' +
      'builds it, whatever is new, until a backfill with `"mode": "all"` that is asked for later. `npx cpa history <table>` lists the ' +
      'versions; `{}` changes nothing.',
    layer: 'restore',
    example: { table: 'gold.org_monthly_revenue', version: 0 },
    onFailure:
      'A restore that is refused has changed nothing: the message says what can be restored. Otherwise the table is restored; mend what ' +
      'the message names and start `restore` again with the same input: it does what is left.',
    runbook: ['A restore is refused', 'Cassandra down', 'Disk full'],
  },
  backfill: {
    summary: 'Ranges of days built again, as they are asked for by signal',
    about:
      'Builds ranges of days again, one request after another, beside whatever else runs. To ask for one: More Actions, **Send a ' +
      'Signal**, `request`, with\n\n```json\n{"from": "2025-07-01", "to": "2025-07-31"}\n```\n\nor more fields: `"mode"`: `"missing"` ' +
      '(the default: what is absent or dirty), `"failed"` (what failed last time) or `"all"` (everything again, also what a restore has ' +
      'pinned); `"dryRun": true` (shows here what would be done); `"layers": ["silver", "gold", "serving"]`; `"tables": ' +
      '["silver.usage_events"]`; `"newestFirst": true`; `"reason"` and `"by"` (for the record). Other signals: `cancel` with `"all"` or an ' +
      'id, `pause`, `resume`, `concurrency` with `4`.',
    layer: 'backfill',
    example: { from: '2025-07-01', to: '2025-07-31' },
    onFailure:
      'A request that fails in part is shown as incomplete, and the others go on: mend what it names and send it again with ' +
      '`"mode": "failed"`. If the workflow itself has failed, start `backfill` with `{}` and send again what was not done.',
    runbook: ['A backfill is incomplete', 'A damaged file', 'Disk full', 'Cassandra down'],
  },
  backfillPart: {
    summary: 'Some days of some tables, for a backfill',
    about: 'Builds some days of some tables for a backfill: what is dirty, or everything.',
    layer: 'backfill',
    example: { from: '2025-07-01', to: '2025-07-12', tables: ['silver.usage_events'] },
    onFailure: 'The backfill tries its days once more at its end, each alone, and says what is left.',
    runbook: ['A backfill is incomplete', 'A damaged file'],
    internal: true,
  },
} satisfies Readonly<Record<string, CatalogueEntry>>;

export type WorkflowType = keyof typeof entries;
export const catalogue: Readonly<Record<WorkflowType, CatalogueEntry>> = entries;

/** An input as one line of JSON. */
export function exampleOf(type: WorkflowType): string {
  return JSON.stringify(catalogue[type].example);
}

/** The types that people start. */
export const startableTypes = (Object.keys(entries) as WorkflowType[]).filter((type) => !catalogue[type].internal);
