/** Calendar arithmetic on days and microseconds since 1970-01-01, in UTC whatever the machine's timezone. */
import type { Int32Column, Int64Column } from '../engine/columnar/column.ts';

export const dayUs = 86_400_000_000;
const dayMs = 86_400_000;

/** The UTC day that holds each instant; nulls stay null. */
export function dayOf(timestamps: Int64Column): Int32Column {
  const us = instants(timestamps);
  const values = new Int32Array(us.length);
  for (let i = 0, end = values.length; i < end; i++) values[i] = Math.floor(us[i]! / dayUs);
  return { kind: 'date', length: timestamps.length, validity: timestamps.validity, values };
}

/**
 * Each instant as a float64 of microseconds, without BigInt. Exact from 1684 to 2255 (±2^53 µs); slots of nulls mean
 * nothing.
 */
export function instants(timestamps: Int64Column): Float64Array {
  const { length, values } = timestamps;
  const words = new Int32Array(values.buffer, values.byteOffset, length * 2);
  const us = new Float64Array(length);
  for (let i = 0; i < length; i++) us[i] = words[2 * i + 1]! * 4294967296 + (words[2 * i]! >>> 0);
  return us;
}

/** The first day of the month that holds `day`. */
export function monthOf(day: number): number {
  const at = new Date(day * dayMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1) / dayMs;
}

/** The first day of the month after the one that holds `day`. */
export function nextMonthOf(day: number): number {
  const at = new Date(day * dayMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1) / dayMs;
}

/** The first day of the month of each date; nulls stay null. */
export function monthsOf(dates: Int32Column): Int32Column {
  const months = new Map<number, number>();
  const values = new Int32Array(dates.length);
  for (let i = 0, end = values.length; i < end; i++) {
    const day = dates.values[i]!;
    let month = months.get(day);
    if (month === undefined) {
      month = monthOf(day);
      months.set(day, month);
    }
    values[i] = month;
  }
  return { kind: 'date', length: dates.length, validity: dates.validity, values };
}

/** The last microsecond of each day, as timestamps; nulls stay null. */
export function endOfDays(dates: Int32Column): Int64Column {
  const values = new BigInt64Array(dates.length);
  for (let i = 0, end = values.length; i < end; i++) values[i] = BigInt(dates.values[i]! + 1) * BigInt(dayUs) - 1n;
  return { kind: 'timestamp', length: dates.length, validity: dates.validity, values };
}

/** An instant as ISO 8601 text; `µs` outside the years JavaScript dates hold are given as a number. */
export function isoInstant(us: number): string {
  const ms = Math.floor(us / 1000);
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${us} µs`;
}

/** A day as `YYYY-MM-DD`. */
export function isoDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}
