/**
 * CPU time of this process since then, in milliseconds: how much work something is. Unlike the time on the clock it hardly grows when others
 * keep the machine busy, so that a test may hold a generous bound against it.
 */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
