/** A Bronze master as its conformed Silver table. */
import type { Table } from 'apache-arrow';
import type { Column, Int64Column } from '../../engine/columnar/column.ts';
import { constantColumn } from '../../engine/columnar/column-of.ts';
import { columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { masters } from '../../schemas/bronze.ts';
import { type TableContract, timestamp } from '../../schemas/contract.ts';
import { masterFlagRules, textForms } from '../../schemas/master-rules.ts';
import { frameOf } from '../frame.ts';
import { flagRows } from '../quality.ts';
import { inForm } from '../text-form.ts';
import { asOf } from './as-of.ts';

const endOfTimeUs = Date.UTC(9999, 11, 31) * 1000;

/**
 * Every row of the Bronze master that `contract` is made of, in its order: codes in one form, and flagged by the rules of
 * the table. Nothing is rejected. `dimOrgs` says which organisations are known.
 */
export function conformed(contract: TableContract, bronze: Table, dimOrgs: Table): Table {
  const source = masters.find((m) => m.contract.name === contract.upstream[0]?.table);
  const rules = masterFlagRules[contract.name];
  if (source === undefined || rules === undefined) throw new Error(`conformed: ${contract.name} is no master`);
  const columns = formed(source.name, columnsOf(bronze));
  const times = constantColumn(timestamp, endOfTimeUs, bronze.numRows) as Int64Column;
  const org = asOf(dimOrgs, 'org_id', columns.org_id!, times);
  const { flags } = flagRows(rules, frameOf(columns, { org }));
  return tableOf({ ...columns, flags }, contract.fields);
}

/** The columns of a master with its codes in one form. */
export function formed(source: string, columns: Readonly<Record<string, Column>>): Record<string, Column> {
  const forms = Object.entries(textForms[source] ?? {});
  return { ...columns, ...Object.fromEntries(forms.map(([name, form]) => [name, inForm(columns[name]!, form)])) };
}
