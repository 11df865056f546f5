/** The items in order in groups, each closed by the item with which its weight reaches `size`. */
export function groupsOf<T>(items: readonly T[], size: number, weight: (item: T) => number): T[][] {
  const groups: T[][] = [];
  let held = size;
  for (const item of items) {
    if (held >= size) {
      groups.push([]);
      held = 0;
    }
    groups.at(-1)!.push(item);
    held += weight(item);
  }
  return groups;
}
