/** Contracts in tests. */
import assert from 'node:assert/strict';
import type { Table } from 'apache-arrow';
import type { TableContract } from '../../schemas/contract.ts';
import { conformedMasters } from '../../schemas/silver.ts';

/** The contract of a conformed master: `support_tickets`, `dim_users`… */
export const master = (name: string): TableContract => conformedMasters.find((c) => c.name === `silver.${name}`)!;

/** Fails unless the table has the contract's columns, in its order and nullable like them. */
export function checkContract(table: Table, contract: TableContract): void {
  assert.deepEqual(
    table.schema.fields.map((f) => [f.name, f.nullable]),
    contract.fields.map((f) => [f.name, f.nullable]),
  );
}
