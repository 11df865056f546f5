/** Nothing: in a report there is nothing to do. */
export function Hint() {
  return null;
}
