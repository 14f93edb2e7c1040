import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { choosePorts } from '../../../local/ports';

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))));

async function take(port = 0): Promise<number> {
  const server = createServer();
  servers.push(server);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

test('a port that is asked for and taken is refused with what to do', async () => {
  const port = await take();
  await expect(choosePorts(port, 2)).rejects.toThrow(
    `Port ${port} is taken. Name another one with --port, or leave --port out: a free one is found.`,
  );
});

test('without one, ports that are free, each once, from the first on', async () => {
  // Below those that the system hands out, and not the default: a demo of another test may be about to take that.
  const from = 20_000 + (process.pid % 10_000);
  await take(from);
  const ports = await choosePorts(undefined, 2, from);
  expect(new Set(ports).size).toBe(3);
  expect(Math.min(...ports)).toBeGreaterThan(from);
  for (const port of ports) await take(port);
});

test('what is simulated goes above the port that was asked for', async () => {
  const wanted = await take();
  await new Promise((resolve) => servers.pop()?.close(resolve));
  const [app, ...simulators] = await choosePorts(wanted, 2);
  expect(app).toBe(wanted);
  expect(simulators.every((port) => port > wanted)).toBe(true);
});
