/** How a task asks whoever started it, and waits with what it holds. Buffers in `transfer` move there and are gone here. */
export type Ask<Q, A> = (question: Q, transfer: readonly ArrayBuffer[]) => Promise<A>;
