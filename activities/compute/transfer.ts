/** Moving columns between threads without copying. */
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { Column } from '../../engine/columnar/column.ts';

/** The distinct buffers behind columns: what to put in a transfer list. */
export function buffersOf(columns: Iterable<Column>): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const keep = (view: ArrayBufferView | null): void => {
    if (view !== null && view.buffer instanceof ArrayBuffer && view.buffer.byteLength > 0) buffers.add(view.buffer);
  };
  for (const column of columns) {
    keep(column.validity);
    switch (column.kind) {
      case 'utf8':
      case 'binary':
        keep(column.offsets);
        keep(column.bytes);
        break;
      case 'dictionary':
        keep(column.codes);
        break;
      case 'bool':
        keep(column.bits);
        break;
      case 'decimal':
        keep(column.words);
        break;
      default:
        keep(column.values);
    }
  }
  return [...buffers];
}

/** A task's result whose buffers move to the receiving thread instead of being copied. */
export function moved<T extends object>(result: T, buffers: readonly ArrayBuffer[]): T {
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never) as T;
}
