/** Search attributes that every run of the line carries. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { type ChildWorkflowOptions, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { catalogue, type WorkflowType } from './catalogue.ts';
import { searchAttributeTypes } from './search-attribute-types.ts';

const layerKey = defineSearchAttributeKey('CpaLayer', searchAttributeTypes.CpaLayer);
const tableKey = defineSearchAttributeKey('CpaTable', searchAttributeTypes.CpaTable);
export const dateKey = defineSearchAttributeKey('CpaLogicalDate', searchAttributeTypes.CpaLogicalDate);
const modeKey = defineSearchAttributeKey('CpaMode', searchAttributeTypes.CpaMode);
const kindKey = defineSearchAttributeKey('CpaRunKind', searchAttributeTypes.CpaRunKind);
const rowsKey = defineSearchAttributeKey('CpaRows', searchAttributeTypes.CpaRows);
const outcomeKey = defineSearchAttributeKey('CpaOutcome', searchAttributeTypes.CpaOutcome);
const scheduleKey = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');

/** Who started a run: a schedule, another workflow as its child, or anybody else. */
export type RunKind = 'scheduled' | 'daily' | 'backfill' | 'redrive' | 'restore' | 'manual';

/** `running` is also what a run keeps that was terminated or timed out: nobody asks it then. */
export type Outcome = 'running' | 'done' | 'failed' | 'cancelled';

/** Who started this run. A parent says so when it starts a child; a run that continues another keeps what that one carried. */
export function runKind(): RunKind {
  const { typedSearchAttributes } = workflowInfo();
  const given = typedSearchAttributes.get(kindKey) as RunKind | undefined;
  return given ?? (typedSearchAttributes.get(scheduleKey) === undefined ? 'manual' : 'scheduled');
}

/** Options that a child of this type is started with, so that its page and its search attributes say what it is. */
export function asChild(
  type: WorkflowType,
  kind: RunKind,
): Required<Pick<ChildWorkflowOptions, 'staticSummary' | 'typedSearchAttributes'>> {
  return { staticSummary: catalogue[type].summary, typedSearchAttributes: [{ key: kindKey, value: kind }] };
}

/** Says which tables and logical date this run is about, and of a stream whether it ends by itself. */
export function tagRun(
  type: WorkflowType,
  tables: readonly string[],
  date: string,
  mode?: 'availableNow' | 'continuous',
): void {
  upsertSearchAttributes([
    ...origin(type, 'running'),
    { key: tableKey, value: [...tables] },
    { key: dateKey, value: date },
    ...(mode === undefined ? [] : [{ key: modeKey, value: mode }]),
  ]);
}

/** Says how this run ended and how many rows it read; call it where it ends, which costs no workflow task of its own. */
export function tagOutcome(type: WorkflowType, outcome: Outcome, rows: number): void {
  // A run that was refused its input has not been tagged.
  const tags = workflowInfo().typedSearchAttributes.get(outcomeKey) === undefined ? origin(type, outcome) : [];
  upsertSearchAttributes([...tags, { key: outcomeKey, value: outcome }, { key: rowsKey, value: rows }]);
}

function origin(type: WorkflowType, outcome: Outcome) {
  return [
    { key: layerKey, value: catalogue[type].layer },
    { key: kindKey, value: runKind() },
    { key: outcomeKey, value: outcome },
  ];
}
