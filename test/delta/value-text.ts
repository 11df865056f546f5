import type { ColumnType } from '../../engine/columnar/column.ts';
import type { ColumnValue } from '../../engine/columnar/column-of.ts';

/** A value as the scripts for outside readers print it: exact, and the same from every reader; floats as their bits. */
export function valueText(type: ColumnType, value: ColumnValue): string | null {
  if (value === null) return null;
  switch (type.kind) {
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex');
    case 'float64': {
      const bits = Buffer.alloc(8);
      bits.writeDoubleBE(value as number);
      return bits.toString('hex');
    }
    case 'date':
      return new Date((value as number) * 86_400_000).toISOString().slice(0, 10);
    case 'timestamp': {
      const micros = value as bigint;
      const seconds = (micros - (((micros % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n;
      const fraction = String(micros - seconds * 1_000_000n).padStart(6, '0');
      return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', `.${fraction}Z`);
    }
    case 'decimal': {
      const unscaled = value as bigint;
      const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(type.scale + 1, '0');
      const sign = unscaled < 0n ? '-' : '';
      return `${sign}${digits.slice(0, -type.scale)}.${digits.slice(-type.scale)}`;
    }
    default:
      return String(value);
  }
}
