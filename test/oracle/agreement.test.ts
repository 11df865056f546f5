import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { generateLanding } from '../../cli/generate/landing.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { type OracleRow, oracle } from './oracle.ts';
import { rejectsByRule, rowsOfTable, throughTransforms } from './through-transforms.ts';

const original = resolve('../shared/data/landing');
const root = mkdtempSync(join(tmpdir(), 'agreement-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** The value, or the expected one where both are doubles that differ by rounding: the sides add up in different orders. */
function nearly(value: OracleRow[string], expected: OracleRow[string]): OracleRow[string] {
  if (typeof value !== 'number' || typeof expected !== 'number') return value;
  return Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected)) ? expected : value;
}

/** Rows by their key, with the columns that both sides have. */
function byKey(rows: readonly OracleRow[], key: readonly string[], columns: readonly string[]): Map<string, OracleRow> {
  return new Map(
    rows.map((row) => [
      key.map((name) => row[name]).join(' | '),
      Object.fromEntries(columns.map((name) => [name, row[name] ?? null])),
    ]),
  );
}

/** Every count and every row of the transforms against the oracle's. */
async function compare(landing: string): Promise<void> {
  const expected = await oracle(landing);
  const actual = throughTransforms(landing);
  assert.deepEqual(
    {
      written: actual.bronze.table.numRows,
      duplicate: actual.bronze.duplicates,
      quarantined: rejectsByRule(actual.bronze.rejects),
      waiting: actual.bronze.waiting,
    },
    {
      written: expected.bronze.written,
      duplicate: expected.bronze.duplicate,
      quarantined: expected.bronze.quarantined,
      waiting: expected.bronze.waiting,
    },
  );
  assert.equal(actual.silver.table.numRows, expected.silver.written);
  assert.deepEqual(rejectsByRule(actual.silver.rejects), expected.silver.quarantined);
  for (const [name, { table, duplicates, rejects }] of actual.masters) {
    const { read: _, ...counts } = expected.masters[name]!;
    const rules = { key_missing: 0, key_conflict: 0, ...rejectsByRule(rejects) };
    assert.deepEqual({ written: table.numRows, duplicate: duplicates, ...rules }, counts, name);
  }
  for (const [name, table] of Object.entries(actual.gold)) {
    const { key } = contractOf(`gold.${name}`);
    const rows = expected.gold[name as keyof typeof actual.gold];
    const columns = Object.keys(rows[0]!);
    const wanted = byKey(rows, key, columns);
    const found = byKey(rowsOfTable(table), key, columns);
    for (const [k, row] of found) {
      const expectedRow = wanted.get(k) ?? {};
      found.set(k, Object.fromEntries(columns.map((c) => [c, nearly(row[c] ?? null, expectedRow[c] ?? null)])));
    }
    assert.deepEqual(found, wanted, name);
    assert.equal(table.numRows, rows.length, name);
  }
}

test('the transforms and the oracle agree on the original data', { skip: !existsSync(original) }, () =>
  compare(original),
);

for (const seed of [1, 2]) {
  test(`the transforms and the oracle agree on generated data with every defect, seed ${seed}`, async () => {
    const out = join(root, String(seed));
    await generateLanding({ events: 15_000, days: 30, seed, orgs: 20, out });
    await compare(out);
  });
}

test('the transforms flag what the generator put in', async () => {
  const out = join(root, 'flags');
  const { truth } = await generateLanding({ events: 10_000, days: 30, seed: 3, orgs: 20, out });
  const { flagged } = throughTransforms(out).silver;
  const put = (...classes: string[]): number => classes.reduce((sum, name) => sum + (truth.defects[name] ?? 0), 0);
  assert.deepEqual(
    {
      unknown_organisation: flagged.unknown_organisation,
      unknown_resource: flagged.unknown_resource,
      unknown_service: flagged.unknown_service,
      unknown_metric: flagged.unknown_metric,
      negative_value: flagged.negative_value,
      unit_contradicts_metric: flagged.unit_contradicts_metric,
      timestamp_without_zone: flagged.timestamp_without_zone,
      schema_version_absent: flagged.schema_version_absent,
      repeated_key: flagged.repeated_key,
      rounded: flagged.rounded,
      wrong_type: flagged.wrong_type,
    },
    {
      unknown_organisation: put('org_unknown'),
      unknown_resource: put('resource_unknown', 'resource_missing'),
      unknown_service: put('service_unknown', 'service_missing'),
      unknown_metric: put('metric_unknown', 'metric_missing'),
      negative_value: put('value_negative'),
      unit_contradicts_metric: put('unit_contradicts_metric'),
      timestamp_without_zone: put('timestamp_without_zone'),
      schema_version_absent: put('schema_version_missing'),
      repeated_key: put('repeated_key'),
      rounded: put('too_many_digits'),
      wrong_type: put('wrong_type_elsewhere'),
    },
  );
});
