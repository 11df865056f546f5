/** Long work in one go gives timers and requests of its thread their turn: heartbeats, the answers of a store. */
import { setImmediate } from 'node:timers/promises';

/** So long may they wait, milliseconds. */
const mostBusyMs = 50;
let lastTurnMs = 0;
let turn: Promise<void> | undefined;

/** A turn for others when their last one is long ago; to be called between steps. All who wait at a time wait for the same one. */
export async function giveTurn(): Promise<void> {
  if (performance.now() - lastTurnMs <= mostBusyMs) return;
  turn ??= setImmediate().then(() => {
    lastTurnMs = performance.now();
    turn = undefined;
  });
  await turn;
}
