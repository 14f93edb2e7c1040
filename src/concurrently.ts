/**
 * Runs a job for each item, at most `limit` at a time, results in the order of the items. The first error ends it: jobs under
 * way are waited for, no new one is started, and the error is thrown. (`p-map` throws while others are still under way: a write could then
 * happen after its caller has given up.)
 */
export async function concurrently<T, R>(
  items: readonly T[],
  limit: number,
  job: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = new Array<R>(items.length);
  const failures: unknown[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await job(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
