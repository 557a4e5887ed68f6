/** Does the work for each item, at most `limit` at once. Answers in the order of the items. */
export async function eachLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const rest = items.entries();
  async function worker(): Promise<void> {
    for (const [index, item] of rest) results.set(index, await work(item));
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result);
}
