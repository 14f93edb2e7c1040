/**
 * How much work something is, in milliseconds of this process's CPU. Unlike the time on the clock it does not grow when others keep the
 * machine busy, so that a test may hold a bound against it.
 */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  return cpuMsSince(before);
}

/** CPU time of this process since then, in milliseconds. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
