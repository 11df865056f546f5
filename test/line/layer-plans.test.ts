/** Tables of a layer are built in the order that their contracts ask for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalog } from '../../schemas/catalog.ts';
import { goldPlan } from '../../workflows/gold.ts';
import { silverPlan } from '../../workflows/silver.ts';

for (const [layer, plan] of Object.entries({ silver: silverPlan, gold: goldPlan })) {
  test(`${layer}: every table comes after those of the layer that it is made of`, () => {
    const tables = Object.keys(plan);
    // The speed layer's increments are made beside the stream, of no table of a layer.
    const contracts = catalog.filter((contract) => contract.layer === layer && contract.upstream.length > 0);
    assert.deepEqual([...tables].sort(), contracts.map(({ name }) => name).sort());
    for (const { name, upstream } of contracts) {
      const own = upstream.map(({ table }) => table).filter((table) => tables.includes(table));
      assert.deepEqual([...plan[name]!].sort(), own.sort(), name);
      for (const before of own) assert.ok(tables.indexOf(before) < tables.indexOf(name), `${before} before ${name}`);
    }
  });
}
