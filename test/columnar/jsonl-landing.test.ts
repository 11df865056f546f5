/** The original landing data, where it is at hand; the figures were computed from it by other means. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { Column, ColumnSpec, ColumnType } from '../../engine/columnar/column.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { decodeCsv } from '../../engine/columnar/csv.ts';
import { defaultMaxLineBytes, jsonlDecoder } from '../../engine/columnar/jsonl.ts';

const landing = resolve('../shared/data/landing');
const skip = existsSync(landing) ? false : 'the original data is not here';

const of = (type: ColumnType, ...names: readonly string[]): readonly ColumnSpec[] =>
  names.map((name) => ({ name, type, nullable: true }));
const amount = { kind: 'decimal', precision: 18, scale: 6 } as const;

/** Sum of the unscaled values, and how many are null. */
function total(column: Column | undefined): readonly [bigint, number] {
  const values = valuesOf(column!) as (bigint | null)[];
  return [values.reduce<bigint>((sum, v) => sum + (v ?? 0n), 0n), values.filter((v) => v === null).length];
}

test('43,200 events', { skip }, () => {
  const specs = [
    ...of({ kind: 'utf8' }, 'event_id'),
    ...of({ kind: 'timestamp' }, 'timestamp'),
    ...of({ kind: 'dictionary' }, 'org_id', 'resource_id', 'service', 'region', 'metric', 'unit'),
    ...of(amount, 'value', 'cost_usd_increment', 'genai_tokens'),
    ...of({ kind: 'decimal', precision: 18, scale: 9 }, 'carbon_kg'),
    ...of({ kind: 'int32' }, 'schema_version'),
  ];
  const decoder = jsonlDecoder(specs, { maxLineBytes: defaultMaxLineBytes });
  const stream = join(landing, 'usage_events_stream');
  const events: Record<string, unknown>[] = [];
  readdirSync(stream)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .forEach((name, file) => {
      const bytes = readFileSync(join(stream, name));
      const progress = decoder.append(bytes, { file, baseOffset: 0, firstLine: 1, final: true });
      events.push(
        ...bytes
          .toString()
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>),
      );
      assert.deepEqual(progress, { consumedBytes: bytes.length, lines: 360, rows: 360, blank: 0, rejected: 0 });
    });
  const { rows, columns, rejects, rescued } = decoder.finish();
  assert.deepEqual([rows, rejects.length], [43_200, 0]);
  assert.deepEqual([rescued.validity?.every((byte) => byte === 0), rescued.bytes.length], [true, 0]);
  assert.deepEqual(total(columns.cost_usd_increment), [147_433_977_800n, 0]);
  assert.deepEqual(total(columns.value), [2_445_200_171_000n, 877]);
  assert.deepEqual(total(columns.carbon_kg)[0], 367_502_378_000n);
  assert.deepEqual(total(columns.genai_tokens)[0], 2_558_359_000_000n);
  for (const name of ['event_id', 'org_id', 'resource_id', 'service', 'region', 'metric', 'unit', 'schema_version']) {
    const expected = events.map((event) => event[name] ?? null);
    assert.deepEqual(valuesOf(columns[name]!), expected, name);
  }
  assert.deepEqual(
    valuesOf(columns.timestamp!),
    events.map((event) => BigInt(Date.parse(String(event.timestamp))) * 1000n),
  );
  const versions = valuesOf(columns.schema_version!);
  assert.equal(versions.filter((v) => v === 1).length, 10_800);
  assert.equal(new Set(valuesOf(columns.event_id!)).size, 43_200);
});

test('400 resources, tags quoted by RFC 4180', { skip }, () => {
  const specs = [
    ...of({ kind: 'utf8' }, 'resource_id', 'tags_json'),
    ...of({ kind: 'dictionary' }, 'org_id', 'service', 'region', 'state'),
    ...of({ kind: 'date' }, 'created_at'),
  ];
  const csv = decodeCsv(readFileSync(join(landing, 'resources.csv')), specs, { maxRecordBytes: 1 << 20 });
  assert.deepEqual([csv.rows, csv.rejects.length, csv.header], [400, 0, { missing: [], extra: [] }]);
  const tags = valuesOf(csv.columns.tags_json!).filter((text) => text !== null);
  assert.equal(tags.length, 317);
  assert.equal(tags.flatMap((text) => JSON.parse(String(text)) as string[]).length, 643);
});
