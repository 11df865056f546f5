/** Random columns with the plain values they hold. */
import fc from 'fast-check';
import type { Column, ColumnType } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues } from '../../engine/columnar/column-of.ts';
import { sliceColumn } from '../../engine/columnar/take.ts';

export interface Sample {
  readonly type: ColumnType;
  readonly values: readonly ColumnValue[];
  readonly column: Column;
}

export const types: readonly ColumnType[] = [
  { kind: 'utf8' },
  { kind: 'dictionary' },
  { kind: 'binary' },
  { kind: 'bool' },
  { kind: 'int32' },
  { kind: 'int64' },
  { kind: 'float64' },
  { kind: 'date' },
  { kind: 'timestamp' },
  { kind: 'decimal', precision: 38, scale: 6 },
];

export const digits38 = 10n ** 38n - 1n;

/** Unscaled decimals around every border of a word, and any other. */
export const unscaled = fc.oneof(
  fc.bigInt(-digits38, digits38),
  fc.bigInt(-(2n ** 33n), 2n ** 33n),
  fc.bigInt(-(2n ** 65n), 2n ** 65n),
  fc.bigInt(-20n, 20n),
  fc.constantFrom(2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n, 2n ** 96n, -(2n ** 63n), -(2n ** 64n), -(2n ** 96n)),
);

/** Values that carry one column type; few enough to repeat. */
export function anyValue(type: ColumnType): fc.Arbitrary<ColumnValue> {
  switch (type.kind) {
    case 'utf8':
    case 'dictionary':
      return fc.oneof(
        fc.constantFrom('', 'a', 'b', 'ab', '\u{feff}bom', 'größe', '\u{1f600}', 'prefix-01', 'prefix-02'),
        text,
      );
    case 'binary':
      return fc.uint8Array({ maxLength: 5 });
    case 'bool':
      return fc.boolean();
    case 'int32':
    case 'date':
      return fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -0x80000000, max: 0x7fffffff }));
    case 'int64':
    case 'timestamp':
      return fc.oneof(fc.bigInt(-3n, 3n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
    case 'float64':
      return fc.oneof(fc.constantFrom(0, -0, 1.5, -1.5), fc.double());
    case 'decimal':
      return unscaled;
  }
}

/** Nullable values of a type. */
export function valuesOf(
  type: ColumnType,
  constraints: fc.ArrayConstraints = { maxLength: 40 },
): fc.Arbitrary<ColumnValue[]> {
  return fc.array(fc.option(anyValue(type), { freq: 4 }), constraints);
}

/** A column as a view into a longer one, so that no kernel can rely on buffers that start at 0. */
export function columnOf(type: ColumnType, values: readonly ColumnValue[], before = 3): Column {
  const padding = new Array<ColumnValue>(before).fill(null);
  const whole = columnOfValues(type, [...padding, ...values, null]);
  return sliceColumn(whole, before, before + values.length);
}

/** A random type with nullable values. */
export const sample: fc.Arbitrary<Sample> = fc
  .constantFrom(...types)
  .chain((type) =>
    fc
      .tuple(valuesOf(type), fc.nat(9))
      .map(([values, before]) => ({ type, values, column: columnOf(type, values, before) })),
  );

/** A text by which values are equal exactly when the engine takes them for equal. */
export function keyOf(value: ColumnValue): string {
  if (value instanceof Uint8Array) return `bytes ${value.join(',')}`;
  return `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`;
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
