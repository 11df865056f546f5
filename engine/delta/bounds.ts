/**
 * Least and greatest value of a column in the form Delta statistics have them.
 */
import type { Column } from '../columnar/column.ts';
import {
  boolExtremes,
  bytesExtremes,
  decimalExtremes,
  dictionaryExtremes,
  float64Extremes,
  int32Extremes,
  int64Extremes,
} from './extremes.ts';
import { maxText, minText } from './text-bounds.ts';

/** A bound that is null is not known: readers must not skip by it. */
export interface Bounds {
  readonly min: unknown;
  readonly max: unknown;
}

const unknownBounds: Bounds = { min: null, max: null };

/**
 * Bounds of the values that are not null. Dates are `YYYY-MM-DD`; timestamps ISO in milliseconds, the minimum rounded down
 * and the maximum up; integers of 64 bits and decimals exact, as text; text at most 32 characters. Bytes have
 * none, nor floats with a NaN or an infinity: JSON cannot say them. Booleans have them although Spark leaves them out: without,
 * delta-rs skips files that hold the value.
 */
export function boundsOf(column: Column): Bounds {
  switch (column.kind) {
    case 'binary':
      return unknownBounds;
    case 'bool':
      return bounds(boolExtremes(column), (i) => ((column.bits[i >> 3]! >> (i & 7)) & 1) === 1);
    case 'int32':
      return bounds(int32Extremes(column), (i) => column.values[i]);
    case 'date':
      return bounds(int32Extremes(column), (i) => isoDate(column.values[i]!));
    case 'float64':
      return bounds(float64Extremes(column), (i) => column.values[i]);
    case 'int64':
      return bounds(int64Extremes(column), (i) => String(column.values[i]));
    case 'timestamp':
      return bounds(
        int64Extremes(column),
        (i) => isoTime(floorMillis(column.values[i]!)),
        (i) => isoTime(-floorMillis(-column.values[i]!)),
      );
    case 'decimal': {
      const { words, scale } = column;
      return bounds(decimalExtremes(column), (i) => decimalText(unscaled(words, i), scale));
    }
    case 'dictionary':
      return bounds(
        dictionaryExtremes(column),
        (code) => minText(Buffer.from(column.values[code]!)),
        (code) => maxText(Buffer.from(column.values[code]!)),
      );
    case 'utf8': {
      const slot = (i: number): Uint8Array => column.bytes.subarray(column.offsets[i]!, column.offsets[i + 1]!);
      return bounds(
        bytesExtremes(column),
        (i) => minText(slot(i)),
        (i) => maxText(slot(i)),
      );
    }
  }
}

function bounds(
  found: readonly [number, number] | null,
  min: (slot: number) => unknown,
  max: (slot: number) => unknown = min,
): Bounds {
  return found === null ? unknownBounds : { min: min(found[0]), max: max(found[1]) };
}

function unscaled(words: Int32Array, i: number): bigint {
  let value = BigInt(words[4 * i + 3]!);
  for (let w = 2; w >= 0; w--) value = (value << 32n) | BigInt(words[4 * i + w]! >>> 0);
  return value;
}

/** `-1234567`, scale 6 → `-1.234567`. */
function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return value < 0n ? `-${text}` : text;
}

/** Days since 1970-01-01 → `YYYY-MM-DD`. */
function isoDate(days: number): string | null {
  return isoTime(days * 86_400_000)?.slice(0, 10) ?? null;
}

/** Null outside the years 1 to 9999, which readers of statistics do not all parse. */
function isoTime(millis: number): string | null {
  const year = new Date(millis).getUTCFullYear();
  return year >= 1 && year <= 9999 ? new Date(millis).toISOString() : null;
}

function floorMillis(micros: bigint): number {
  const millis = micros / 1000n;
  return Number(micros % 1000n < 0n ? millis - 1n : millis);
}
