/** Moving buffers between threads without copying. */
import { move, transferableSymbol, valueSymbol } from 'piscina';

/** A task's result whose buffers move to the receiving thread instead of being copied. */
export function moved<T extends object>(result: T, buffers: readonly ArrayBuffer[]): T {
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never) as T;
}
