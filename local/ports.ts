import { once } from 'node:events';
import { createServer } from 'node:net';

/** Where the app is found unless somebody says otherwise: the port of the Functions tools. */
export const DEFAULT_PORT = 7071;
/** How far above the default a free port is looked for. */
const RANGE = 100;

/**
 * The port of the app, and as many more for what is simulated: the first free ones on loopback.
 *
 * @param wanted the app's port; undefined takes the one of `from`, or the next that is free
 * @throws Error when the wanted port is taken, or too few are free
 */
export async function choosePorts(
  wanted: number | undefined,
  more: number,
  from = DEFAULT_PORT,
): Promise<[app: number, ...simulators: number[]]> {
  if (wanted !== undefined && !(await isFree(wanted)))
    throw new Error(`Port ${wanted} is taken. Name another one with --port, or leave --port out: a free one is found.`);
  const first = wanted ?? (await nextFree(from));
  const ports: [number, ...number[]] = [first];
  while (ports.length <= more) ports.push(await nextFree((ports.at(-1) ?? first) + 1));
  return ports;
}

async function nextFree(from: number): Promise<number> {
  for (let port = from; port < from + RANGE && port <= 65_535; port += 1) if (await isFree(port)) return port;
  throw new Error(`No port from ${from} to ${Math.min(from + RANGE - 1, 65_535)} is free.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
