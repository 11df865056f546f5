/**
 * The partition values of Bronze masters in one form. Silver conforms codes that people type, but must find a row in the
 * partition of the same name; so partition columns are conformed here already, and what was stated stays in `rescued`.
 */
import type { BytesColumn, Column } from '../../engine/columnar/column.ts';
import { utf8Column, valueAt } from '../../engine/columnar/column-of.ts';
import type { MasterSource } from '../../schemas/bronze.ts';
import { textForms } from '../../schemas/master-rules.ts';
import { inForm } from '../text-form.ts';
import { isoDay, monthsOf } from '../time.ts';

/**
 * The columns of a master that this changes or adds: `survey_month`, derived; the `month` of an invoice, by its first
 * day; codes trimmed and in small letters; and `rescued` with the stated text of changed values under their field.
 */
export function partitionColumns(
  source: MasterSource,
  columns: Readonly<Record<string, Column>>,
): Record<string, Column> {
  const name = source.contract.partition!;
  if (name === 'survey_month') return { survey_month: monthsOf(dates(columns.survey_date!)) };
  const stated = columns[name]!;
  const form = textForms[source.name]?.[name];
  const formed = stated.kind === 'date' ? monthsOf(stated) : form === undefined ? stated : inForm(stated, form);
  return { [name]: formed, rescued: withStated(columns.rescued as BytesColumn, name, stated, formed) };
}

/** `rescued` with a member for every value that is not as it was stated. */
function withStated(rescued: BytesColumn, name: string, stated: Column, formed: Column): BytesColumn {
  if (formed === stated) return rescued;
  const texts: (string | null)[] = [];
  let changes = 0;
  for (let i = 0; i < rescued.length; i++) {
    const before = valueAt(stated, i);
    const text = valueAt(rescued, i) as string | null;
    if (before === valueAt(formed, i)) texts.push(text);
    else {
      const member = `${JSON.stringify(name)}:${JSON.stringify(typeof before === 'number' ? isoDay(before) : before)}`;
      texts.push(text === null ? `{${member}}` : `${text.slice(0, -1)},${member}}`);
      changes++;
    }
  }
  return changes === 0 ? rescued : utf8Column(texts);
}

function dates(column: Column) {
  if (column.kind !== 'date') throw new Error(`expected dates, not ${column.kind}`);
  return column;
}
