/** Values of DuckDB as the commands show them. */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import { bytesText, type Cell, dayText, instantText } from '../../engine/columnar/cell.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import type { ResultColumn } from '../result.ts';

/** Days that a JavaScript date reaches from 1970; beyond are what DuckDB calls infinity, and few others. */
const reach = 100_000_000;

/** Lists, structs, intervals and the like are DuckDB's own text. A timestamp without time zone has no `Z`. */
export function cellOf(value: DuckDBValue): Cell {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof DuckDBDecimalValue) return formatDecimal(value.value, value.scale);
  if (value instanceof DuckDBBlobValue) return bytesText(value.bytes);
  if (value instanceof DuckDBDateValue && Math.abs(value.days) <= reach) return dayText(value.days);
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue) {
    const days = value.micros / 86_400_000_000n;
    if (days > -reach && days < reach) {
      const instant = instantText(value.micros);
      return value instanceof DuckDBTimestampTZValue ? instant : instant.slice(0, -1);
    }
  }
  return String(value);
}

/** How a column of the type is shown in text tables. */
export function kindOfType(type: DuckDBTypeId): ResultColumn['kind'] {
  return numbers.has(type) ? 'number' : times.has(type) ? 'time' : 'text';
}

const numbers = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
]);

const times = new Set([DuckDBTypeId.DATE, DuckDBTypeId.TIMESTAMP, DuckDBTypeId.TIMESTAMP_TZ]);
