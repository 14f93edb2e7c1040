import { join } from 'node:path';
import { startAzurite } from '../../local/azurite';
import { startHost } from '../../local/host/start-host';

const RUNS = 5;

/** How long a cold app takes to its first function and to its first answer over HTTP; the median of some starts. */
export async function coldStart() {
  const azurite = await startAzurite();
  try {
    const answers: number[] = [];
    const first: number[] = [];
    const cpu: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const began = performance.now();
      const host = await startHost({
        appDirectory: process.cwd(),
        env: { PROVISIONING_STATUS: 'Off' },
        storageConnectionString: azurite.connectionString,
        childScript: join(process.cwd(), 'dist', 'local', 'child.js'),
        onLog: () => undefined,
      });
      await fetch(`${host.url}/api/health`);
      answers.push(performance.now() - began);
      const { firstFunctionMs, firstFunctionCpuMs } = host.stats();
      first.push(firstFunctionMs ?? 0);
      cpu.push(firstFunctionCpuMs ?? 0);
      await host.stop();
    }
    return { runs: RUNS, firstAnswerMs: median(answers), firstFunctionMs: median(first), firstFunctionCpuMs: median(cpu) };
  } finally {
    await azurite.stop();
  }
}

const median = (values: readonly number[]): number => Math.round([...values].sort((a, b) => a - b)[values.length >> 1] ?? 0);
