/** What the answers about the state of the data look like. */
import { Type } from 'typebox';
import { ledger as ledgerTable } from '../../../schemas/ops.ts';
import { quarantineOf } from '../../../schemas/quarantine.ts';
import { orNull, rowsOfFields } from '../schemas.ts';

const count = Type.Number();
const text = Type.String();
const instant = Type.String({ description: 'ISO 8601, UTC' });

const audit = Type.Object({
  at: instant,
  scope: text,
  passed: Type.Boolean(),
  checks: Type.Array(Type.Object({ name: text, passed: Type.Boolean(), compared: count, finding: text })),
  workflow_id: text,
  run_id: text,
});

export const freshness = Type.Object({
  last_day: orNull(Type.String({ description: 'Last day with usage, not after today (UTC)' })),
  published_at: orNull(instant),
  events: Type.Object({ read: count, quarantined: count }, { description: 'Events in the figures and in quarantine' }),
  audit: orNull(audit),
  live: Type.Number({ description: 'Events of the speed layer that the batch layer has not confirmed' }),
});

export const layers = Type.Object({
  layers: Type.Array(
    Type.Object({
      layer: text,
      doc: text,
      at: orNull(instant),
      behind: Type.Number({ description: 'What it has not taken from the layer before' }),
      unit: text,
    }),
  ),
});

export const tables = Type.Object({
  tables: Type.Array(
    Type.Object({
      table: text,
      layer: text,
      doc: text,
      rows: orNull(count),
      files: count,
      bytes: count,
      partitions: count,
      version: count,
      committed_at: instant,
    }),
  ),
});

export const ledger = Type.Object({ rows: rowsOfFields(ledgerTable.fields) });

export const late = Type.Object({
  rows: Type.Array(Type.Object({ run_date: text, read: count, written: count, late: count })),
});

export const quarantine = Type.Object({
  rows: count,
  money_held_usd: text,
  rules: Type.Array(
    Type.Object({
      source: text,
      layer: text,
      rule: text,
      rows: count,
      money_held_usd: text,
      first_seen: orNull(instant),
      last_seen: orNull(instant),
    }),
  ),
});

export const quarantineRows = Type.Object({
  rows: rowsOfFields(quarantineOf('usage_events').fields),
  total: Type.Number({ description: 'Rows that the rule rejected, listed or not' }),
});

export const versions = Type.Object({
  table: text,
  versions: Type.Array(
    Type.Object({
      version: count,
      committed_at: instant,
      operation: text,
      files_added: count,
      files_removed: count,
      rows_written: orNull(count),
      reason: orNull(text),
      workflow_id: orNull(text),
      run_id: orNull(text),
    }),
  ),
});
