/** Building tables side by side, each after those that it is made of. */

/** A table → the tables that come before it, where they are built at all. */
export type BuildOrder = Readonly<Record<string, readonly string[]>>;

/** Builds the wanted tables, which `order` lists in an order of their making. Ends when all have ended; throws as the first one throws. */
export async function inOrder(
  order: BuildOrder,
  wanted: readonly string[],
  build: (table: string) => Promise<void>,
): Promise<void> {
  const built = new Map<string, Promise<void>>();
  for (const table of Object.keys(order).filter((t) => wanted.includes(t))) {
    const before = order[table]!.flatMap((t) => built.get(t) ?? []);
    built.set(
      table,
      Promise.all(before).then(() => build(table)),
    );
  }
  await Promise.all(built.values());
}
