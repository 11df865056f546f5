import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Binary,
  DateMillisecond,
  Decimal,
  Dictionary,
  Float32,
  Int8,
  Int16,
  LargeUtf8,
  makeData,
  Table,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  tableFromIPC,
  tableToIPC,
  Uint16,
  Uint32,
  Utf8,
  Utf8View,
  Vector,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { columnOfData, columnTypeOf } from '../../engine/columnar/arrow-data.ts';
import type { ColumnSpec } from '../../engine/columnar/column.ts';
import { valuesOf as plain, utf8Column } from '../../engine/columnar/column-of.ts';
import { arrowType, columnOf, columnsOf, specsOf, tableOf } from '../../engine/columnar/table.ts';
import { sample, types } from './arbitraries.ts';

test('columns come back from an Arrow stream as they went in', () => {
  fc.assert(
    fc.property(sample, ({ type, values, column }) => {
      const specs: ColumnSpec[] = [{ name: 'c', type, nullable: true }];
      const back = tableFromIPC(tableToIPC(tableOf({ c: column }, specs), 'stream'));
      assert.deepEqual(specsOf(back), specs);
      assert.deepEqual(plain(columnOf(back, 'c')), values);
    }),
  );
});

test('a slice of a table is read from its first row on', () => {
  fc.assert(
    fc.property(sample, fc.nat(40), fc.nat(40), ({ values, column }, a, b) => {
      const [from, to] = [Math.min(a, b, values.length), Math.min(Math.max(a, b), values.length)];
      const table = tableOf({ c: column });
      assert.deepEqual(plain(columnOf(table.slice(from, to), 'c')), values.slice(from, to));
      const parts = table.slice(0, from).concat(table.slice(from));
      assert.deepEqual(plain(columnOf(parts, 'c')), values);
    }),
  );
});

test('every column type has an Arrow type and comes back from it, also without rows', () => {
  for (const type of types) {
    assert.deepEqual(columnTypeOf(arrowType(type)), type);
    const data = makeData({ type: arrowType(type), length: 0 } as never);
    assert.deepEqual(plain(columnOfData(data as never)), []);
  }
});

test('tables over columns of unequal length or without one of the specified columns are refused', () => {
  const [a, b] = [utf8Column(['x']), utf8Column(['x', 'y'])];
  assert.throws(() => tableOf({ a, b }), /tableOf: column b has 2 rows, expected 1/);
  assert.throws(() => tableOf({ a }, [{ name: 'z', type: { kind: 'utf8' }, nullable: true }]), /column z is missing/);
  assert.throws(() => columnOf(tableOf({ a }), 'q'), /no column q in \(a\)/);
  assert.deepEqual(Object.keys(columnsOf(tableOf({ a }))), ['a']);
});

test('dictionaries of other widths, with repeated values, nulls among them and junk under null slots are put in order', () => {
  const dictionary = vectorFromArray(['x', null, 'y', 'x'], new Utf8());
  const nullBitmap = Uint8Array.of(0b011111);
  for (const indices of [new Int8(), new Int16()]) {
    const array = indices.bitWidth === 8 ? Int8Array : Int16Array;
    const data = makeData({
      type: new Dictionary(new Utf8(), indices),
      length: 6,
      nullBitmap,
      nullCount: 1,
      data: array.of(0, 1, 2, 3, 2, 99),
      dictionary,
    } as never);
    const column = columnOfData(data as never);
    assert.equal(column.kind === 'dictionary' && column.values.join(), 'x,y');
    assert.deepEqual(plain(column), ['x', null, 'y', 'x', 'y', null]);
    assert.ok(column.kind === 'dictionary' && column.codes[5] === 0);
  }
});

test('decimals of 64 bits are widened with their sign', () => {
  const data = makeData({
    type: new Decimal(2, 18, 64),
    length: 2,
    nullCount: 0,
    data: new Uint32Array(BigInt64Array.of(-123n, 2n ** 40n).buffer),
  });
  const column = columnOfData(data);
  assert.deepEqual(plain(column), [-123n, 2n ** 40n]);
  assert.deepEqual(columnTypeOf(data.type), { kind: 'decimal', precision: 18, scale: 2 });
  assert.throws(() => columnTypeOf(new Decimal(2, 50, 256)), /no column type carries/);
});

test('timestamps of any unit become microseconds, cut down also before 1970', () => {
  const of = (type: unknown, values: bigint[]) =>
    plain(
      columnOfData(makeData({ type, length: values.length, nullCount: 0, data: BigInt64Array.from(values) } as never)),
    );
  assert.deepEqual(of(new TimestampSecond('UTC'), [-1n, 2n]), [-1_000_000n, 2_000_000n]);
  assert.deepEqual(of(new TimestampMillisecond('UTC'), [-1n, 2n]), [-1000n, 2000n]);
  assert.deepEqual(of(new TimestampNanosecond('UTC'), [-1n, 1999n, -1000n]), [-1n, 1n, -1n]);
  assert.deepEqual(of(new DateMillisecond(), [-1n, 86_400_000n]), [-1, 1]);
});

test('narrow and unsigned numbers are widened', () => {
  const of = (type: unknown, data: unknown) => columnOfData(makeData({ type, length: 2, nullCount: 0, data } as never));
  assert.deepEqual(plain(of(new Uint16(), Uint16Array.of(1, 65535))), [1, 65535]);
  assert.deepEqual(plain(of(new Uint32(), Uint32Array.of(1, 4294967295))), [1n, 4294967295n]);
  assert.deepEqual(plain(of(new Float32(), Float32Array.of(1.5, -2))), [1.5, -2]);
});

test('text with 64-bit offsets and text views become plain text', () => {
  const long = 'a text of more than twelve bytes';
  const large = makeData({
    type: new LargeUtf8(),
    length: 2,
    nullCount: 0,
    valueOffsets: BigInt64Array.of(0n, 1n, 3n),
    data: new TextEncoder().encode('xyz'),
  } as never);
  assert.deepEqual(plain(columnOfData(large as never)), ['x', 'yz']);

  const views = new Uint8Array(48);
  const words = new DataView(views.buffer);
  words.setInt32(0, 3, true);
  views.set(new TextEncoder().encode('abc'), 4);
  words.setInt32(16, long.length, true);
  views.set(new TextEncoder().encode(long.slice(0, 4)), 20);
  words.setInt32(28, 5, true);
  words.setInt32(32, 77, true);
  const data = makeData({
    type: new Utf8View(),
    length: 3,
    nullCount: 1,
    nullBitmap: Uint8Array.of(0b011),
    views,
    variadicBuffers: [new TextEncoder().encode(`-----${long}`)],
  } as never);
  assert.deepEqual(plain(columnOfData(data as never)), ['abc', long, null]);
});

test('a table of one record batch is viewed, not copied', () => {
  const column = utf8Column(['one', 'two']);
  const back = columnOf(tableOf({ column }), 'column');
  assert.ok(
    back.kind === 'utf8' && back.bytes.buffer === column.bytes.buffer && back.offsets.buffer === column.offsets.buffer,
  );
});

test('what another library wrote as vectors is read', () => {
  const table = new Table({ t: vectorFromArray(['a', null, 'b'], new Dictionary(new Utf8(), new Int8())) });
  assert.deepEqual(plain(columnOf(table, 't')), ['a', null, 'b']);
  const binary = new Table({ b: new Vector([makeData({ type: new Binary(), length: 0 } as never)]) } as never);
  assert.deepEqual(plain(columnOf(binary, 'b')), []);
});
