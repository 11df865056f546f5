/** The runs whose histories are stored: what is deployed next has to go on from any of them. */
import type { WorkflowHandle } from '@temporalio/client';
import {
  cancelSignal,
  concurrencySignal,
  pauseSignal,
  planUpdate,
  progressQuery,
  requestSignal,
  requestUpdate,
  resumeSignal,
} from '../../workflows/backfill/desk.ts';
import { drainUpdate, type StreamStatus, statusQuery, triggerSignal } from '../../workflows/continuous-stream.ts';
import type { TestLine } from '../line/line.ts';
import { eventLine, type SmallLanding } from '../line/small-landing.ts';
import { until } from '../line/until.ts';

/** What a recording works with: one line for all of them, which come one after another. */
export interface Stage {
  readonly line: TestLine;
  readonly landing: SmallLanding;
}

/** Starts a run and brings it to its end, whatever that is. */
type Recording = (stage: Stage) => Promise<WorkflowHandle>;

/**
 * The name of the file → the run: the workflow type and, where a type has several, `-` and what is special about this one. In this
 * order: each run finds what those before it have left.
 */
export const recordings: Readonly<Record<string, Recording>> = {
  bronzeBatch: ended('bronzeBatch'),
  'bronzeStream-availableNow': async (stage) => {
    land(stage, 'first', 3);
    return ended('bronzeStream')(stage);
  },
  silver: ended('silver'),
  gold: ended('gold'),
  serving: ended('serving'),
  audit: ended('audit'),
  dailyRun: async (stage) => {
    land(stage, 'second', 3);
    return ended('dailyRun')(stage);
  },
  'dailyRun-failed': async (stage) => {
    stage.landing.master('users', 'nothing of a master\n');
    return ended('dailyRun')(stage);
  },
  redrive: ended('redrive'),
  maintenance: ended('maintenance'),
  backfillPart: ended('backfillPart', { from: '2025-07-01', to: '2025-07-31' }),
  backfill: asked,
  restore: ended('restore', { table: 'gold.org_monthly_revenue', version: 0 }),
  'bronzeStream-continuous': told,
};

/** A run that nobody tells anything. */
function ended(type: string, input: unknown = {}): Recording {
  return async ({ line }) => {
    const run = await line.start(type, input);
    // A run that fails is recorded like any other.
    await run.result().catch(() => undefined);
    return run;
  };
}

/** A backfill that is told all that it can be told, until it is cancelled. */
async function asked({ line }: Stage): Promise<WorkflowHandle> {
  const backfill = await line.start('backfill');
  const july = { from: '2025-07-01', to: '2025-07-31' };
  const ended = (id: string): Promise<unknown> =>
    until(
      `${id} ends`,
      async () => (await backfill.query(progressQuery)).ended.find(({ ids }) => ids.includes(id)) ?? null,
    );
  await backfill.executeUpdate(planUpdate, { args: [july] });
  await backfill.signal(requestSignal, { from: '2025-07-32' });
  await backfill.signal(requestSignal, { ...july, dryRun: true });
  await ended((await backfill.executeUpdate(requestUpdate, { args: [{ ...july, mode: 'all' }] })).id);
  await backfill.signal(pauseSignal);
  const { id } = await backfill.executeUpdate(requestUpdate, { args: [july] });
  await backfill.signal(concurrencySignal, 4);
  await backfill.signal(cancelSignal, id);
  await ended(id);
  await backfill.signal(resumeSignal);
  await backfill.cancel();
  await backfill.result().catch(() => undefined);
  return backfill;
}

/** A continuous stream that is told all that it can be told. */
async function told(stage: Stage): Promise<WorkflowHandle> {
  const stream = await stage.line.start('bronzeStream', { mode: 'continuous' });
  const status = (): Promise<StreamStatus> => stream.query(statusQuery);
  const drained = async (file: string): Promise<void> => {
    land(stage, file, 2);
    await stream.executeUpdate(drainUpdate);
  };
  await drained('third');
  await stream.signal('pause');
  await until('the stream is paused', async () => (await status()).state === 'paused');
  await stream.signal('resume');
  await drained('fourth');
  await stream.signal(triggerSignal, 500);
  await until('a round has ended', async () => (await status()).lastRound);
  await stream.signal('stop');
  await stream.result();
  return stream;
}

function land({ landing }: Stage, file: string, events: number): void {
  landing.events(
    `${file}.jsonl`,
    Array.from({ length: events }, (_, n) => eventLine(`${file}-${n}`)),
  );
}
