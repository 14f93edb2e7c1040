import { readFileSync } from 'node:fs';

/**
 * The largest resident set a living process has had, in bytes; undefined when it cannot be told. On Linux read from the kernel's
 * `VmHWM` rather than from `resourceUsage().maxRSS`, because the latter also counts the parent's memory at the time of the fork.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
export function peakRssBytes(pid: number): number | undefined {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {
    // Not Linux, or the process is gone.
  }
  return pid === process.pid ? process.resourceUsage().maxRSS * 1024 : undefined;
}
