import { BoolBuilder } from './builder-bool.ts';
import { BytesBuilder } from './builder-bytes.ts';
import type { ColumnBuilder } from './builder-column.ts';
import { DateBuilder } from './builder-date.ts';
import { DecimalBuilder } from './builder-decimal.ts';
import { DictionaryBuilder } from './builder-dictionary.ts';
import { Float64Builder } from './builder-float64.ts';
import { Int32Builder } from './builder-int32.ts';
import { Int64Builder } from './builder-int64.ts';
import { TimestampBuilder } from './builder-timestamp.ts';
import type { ColumnType } from './column.ts';

/** An empty builder. Throws for `binary`: text formats do not carry bytes. */
export function builderOfType(type: ColumnType): ColumnBuilder {
  switch (type.kind) {
    case 'utf8':
      return new BytesBuilder();
    case 'dictionary':
      return new DictionaryBuilder();
    case 'bool':
      return new BoolBuilder();
    case 'int32':
      return new Int32Builder();
    case 'int64':
      return new Int64Builder();
    case 'float64':
      return new Float64Builder();
    case 'date':
      return new DateBuilder();
    case 'timestamp':
      return new TimestampBuilder();
    case 'decimal':
      return new DecimalBuilder(type.precision, type.scale);
    case 'binary':
      throw new Error('builderOfType: a binary column cannot be read from text');
  }
}
