/** How fast a growing number grows. */

/** Takes the number as it is now; gives its growth a second over the last `windowMs`, null until a second has gone by. */
export function rateOver(windowMs: number): (nowMs: number, total: number) => number | null {
  const seen: { readonly ms: number; readonly total: number }[] = [];
  return (ms, total) => {
    seen.push({ ms, total });
    // The one at the beginning of the window stays.
    while (seen.length > 2 && seen[1]!.ms <= ms - windowMs) seen.shift();
    const first = seen[0]!;
    return ms - first.ms < 1000 ? null : ((total - first.total) * 1000) / (ms - first.ms);
  };
}
