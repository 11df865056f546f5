import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { dictionaryColumn, int32Column, valuesOf } from '../../engine/columnar/column-of.ts';
import { specsOf, tableOf } from '../../engine/columnar/table.ts';
import { decodeParquet, encodeParquet } from '../../engine/parquet/codec.ts';

/** A column of texts beside one of numbers: dictionaries alone are written by the library. */
function encoded(texts: readonly (string | null)[], rowGroupRows = 1000): Uint8Array<ArrayBuffer> {
  const columns = {
    before: dictionaryColumn(texts.toReversed()),
    n: int32Column(texts.map((_, i) => i)),
    text: dictionaryColumn(texts),
  };
  return encodeParquet(columns, specsOf(tableOf(columns)), { rowGroupRows }).slice();
}

/** Both readers: the library, and one that has no code in common with it. */
async function assertReadBack(bytes: Uint8Array<ArrayBuffer>, texts: readonly (string | null)[]): Promise<void> {
  const { columns } = await decodeParquet(bytes);
  assert.deepEqual(Object.keys(columns), ['before', 'n', 'text']);
  for (const [name, expected] of [
    ['before', texts.toReversed()],
    ['text', texts],
  ] as const) {
    const column = columns[name]!;
    assert.equal(column.kind, 'dictionary');
    assert.deepEqual(valuesOf(column), expected);
  }
  const rows = await parquetReadObjects({
    file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  });
  assert.deepEqual(
    rows.map(({ before, n, text }) => [before ?? null, n, text ?? null]),
    texts.map((text, i) => [texts[texts.length - 1 - i], i, text]),
  );
}

test('any texts, runs and nulls, in one row group or several', async () => {
  const runs = fc.array(
    fc.tuple(fc.option(fc.integer({ min: 0, max: 700 }), { nil: null, freq: 4 }), fc.integer({ min: 1, max: 40 })),
    { minLength: 1, maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 700 }), async (parts, distinct) => {
      const texts = parts.flatMap(([value, length]) =>
        Array.from({ length }, (_, i) =>
          value === null ? null : `é${(length % 2 === 0 ? value : value + i * 37) % distinct}`,
        ),
      );
      for (const rowGroupRows of [1000, 64, 7]) await assertReadBack(encoded(texts, rowGroupRows), texts);
    }),
    { numRuns: 60 },
  );
});

test('every width of a code', async () => {
  for (const distinct of [1, 2, 3, 4, 5, 8, 9, 255, 256, 257, 1024, 2049, 4096]) {
    const texts = Array.from({ length: 5000 }, (_, i) => `${(i * 7919) % distinct}`);
    await assertReadBack(encoded(texts, 1 << 20), texts);
  }
});

test('long dictionaries are compressed', async () => {
  const texts = Array.from({ length: 3000 }, (_, i) => `usage_events_stream/2025-08-31/part-${i % 900}.jsonl`);
  const bytes = encoded(texts, 1 << 20);
  await assertReadBack(bytes, texts);
  const [group] = parquetMetadata(bytes).row_groups;
  const { codec, total_compressed_size, total_uncompressed_size } = group!.columns[2]!.meta_data!;
  assert.equal(codec, 'SNAPPY');
  assert(
    total_compressed_size * 2n < total_uncompressed_size,
    `${total_compressed_size} of ${total_uncompressed_size}`,
  );
});

test('only values that a row group uses are in its dictionary, nulls take no place', async () => {
  const texts = [null, null, null, null, 'a', 'b', 'a', null];
  const bytes = encoded(texts, 4);
  await assertReadBack(bytes, texts);
  const counts = parquetMetadata(bytes).row_groups.map((group) => group.columns[2]!.meta_data!.num_values);
  assert.deepEqual(counts, [4n, 4n]);
});

test('chunks follow each other in the order of the columns', () => {
  const { row_groups, schema, key_value_metadata } = parquetMetadata(encoded(['x', 'y', null, 'x'], 2));
  assert.deepEqual(
    schema.slice(1).map(({ name }) => name),
    ['before', 'n', 'text'],
  );
  assert.deepEqual(
    key_value_metadata?.map(({ key }) => key),
    ['ARROW:schema'],
  );
  let end = 4n;
  for (const group of row_groups) {
    for (const { meta_data } of group.columns) {
      assert.equal(meta_data!.dictionary_page_offset ?? meta_data!.data_page_offset, end);
      end += meta_data!.total_compressed_size;
    }
  }
});
