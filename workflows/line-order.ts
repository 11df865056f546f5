/** Silver and Gold in the order of their making. */
import { goldPlan } from './gold.ts';
import type { BuildOrder } from './in-order.ts';
import { silverPlan } from './silver.ts';

const silver = Object.keys(silverPlan);

/** Every table of Silver and Gold → those that come before it. */
export const lineOrder: BuildOrder = {
  ...silverPlan,
  ...Object.fromEntries(Object.entries(goldPlan).map(([mart, marts]) => [mart, [...silver, ...marts]])),
};

/** The tables that are built from others, by layer. */
export const builtTables = { silver, gold: Object.keys(goldPlan) } as const;
