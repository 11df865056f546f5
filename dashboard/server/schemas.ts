/** What answers look like, as JSON schema, where several routes need it: the OpenAPI document says so, and nothing else is sent. */
import { type TSchema, Type } from 'typebox';
import type { ColumnType } from '../../engine/columnar/column.ts';
import type { Field } from '../../schemas/contract.ts';

export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Rows with the fields of a table: decimals, days and instants are text, and whole numbers that a double cannot hold. */
export function rowsOfFields(fields: readonly Field[]) {
  const schemaOf = ({ type, doc, nullable }: Field) =>
    Type.Optional(Type.Unsafe({ type: [...jsonTypes(type), ...(nullable ? ['null'] : [])], description: doc }));
  return Type.Array(Type.Object(Object.fromEntries(fields.map((field) => [field.name, schemaOf(field)]))));
}

function jsonTypes({ kind }: ColumnType): readonly string[] {
  if (kind === 'bool') return ['boolean'];
  if (kind === 'int32') return ['number'];
  return kind === 'int64' || kind === 'float64' ? ['number', 'string'] : ['string'];
}
