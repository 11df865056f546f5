/** Search attributes that every run of the line carries. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributeTypes } from './search-attribute-types.ts';

const layerKey = defineSearchAttributeKey('CpaLayer', searchAttributeTypes.CpaLayer);
const tableKey = defineSearchAttributeKey('CpaTable', searchAttributeTypes.CpaTable);
const dateKey = defineSearchAttributeKey('CpaLogicalDate', searchAttributeTypes.CpaLogicalDate);
const modeKey = defineSearchAttributeKey('CpaMode', searchAttributeTypes.CpaMode);

/** Says whether a stream ends by itself. */
export function tagMode(mode: 'availableNow' | 'continuous'): void {
  upsertSearchAttributes([{ key: modeKey, value: mode }]);
}

/** Says which layer, tables and logical date this run is about. */
export function tagRun(layer: string, tables: readonly string[], date: string): void {
  upsertSearchAttributes([
    { key: layerKey, value: layer },
    { key: tableKey, value: [...tables] },
    { key: dateKey, value: date },
  ]);
}
