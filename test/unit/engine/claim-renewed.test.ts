import { makeBundler } from '../../../src/adapters/zendesk/bundler';
import { StaleStateError, ThrottledError } from '../../../src/core/errors';
import { type SourceId, sourceId, type WorkItem } from '../../../src/core/model';
import type { Plan } from '../../../src/core/plan-model';
import { CLAIM_MS, ClaimWatch } from '../../../src/engine/claim-watch';
import type { EngineDeps } from '../../../src/engine/deps';
import { openPairing, readPairing } from '../../../src/engine/provision/pairing';
import { makeFakeLinkStore } from '../../fakes/link-store';

const key = { type: 'user', id: sourceId('person') } as const;
const item: WorkItem = { objectType: 'user', sourceId: key.id as SourceId, cycleId: 'c', changeId: 'x', allows: null };
const plan = { action: 'create', targetId: null, changes: [], role: null, adopts: false, notes: [], removals: [] } as Plan;

function aWorker() {
  const links = makeFakeLinkStore();
  let nowMs = 1_000_000;
  const deps = { links, clock: () => new Date(nowMs), claims: new ClaimWatch() } as unknown as EngineDeps;
  return { deps, links, pass: (ms: number) => (nowMs += ms) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a claim while its worker waits for a background job', () => {
  it('is renewed, so that no other worker takes the object over however long the job takes', async () => {
    const { deps, pass } = aWorker();
    const pairing = openPairing(deps, await readPairing(deps, key));
    await pairing.claim(item, plan);
    const other = { ...deps, claims: new ClaimWatch() };
    for (let waited = 0; waited < 5 * CLAIM_MS; waited += 25_000) {
      await expect(readPairing(other, key)).rejects.toThrow(StaleStateError);
      pass(25_000);
      pairing.renew();
      await turn();
    }
    await expect(readPairing(other, key)).rejects.toThrow(StaleStateError);
  });

  it('left behind by a process that is gone, it is over as before', async () => {
    const { deps, pass } = aWorker();
    const pairing = openPairing(deps, await readPairing(deps, key));
    await pairing.claim(item, plan);
    pass(25_000);
    pairing.renew();
    await turn();
    await expect(readPairing(deps, key)).rejects.toThrow(StaleStateError);
    pass(CLAIM_MS);
    expect((await readPairing(deps, key)).row.claim?.changeId).toBe('x');
  });

  it('may be renewed at the very moment at which its work ends', async () => {
    const { deps, links, pass } = aWorker();
    const pairing = openPairing(deps, await readPairing(deps, key));
    await pairing.claim(item, plan);
    pass(60_000);
    pairing.renew();
    await pairing.release(true);
    pairing.renew();
    await turn();
    expect((await links.read(key))?.value.claim?.untilMs).toBe(0);
  });

  it('lost to another worker, it is not taken back', async () => {
    const { deps, links, pass } = aWorker();
    const pairing = openPairing(deps, await readPairing(deps, key));
    await pairing.claim(item, plan);
    await links.write(key, { link: null, claim: { untilMs: 0, changeId: 'theirs', cycleId: 'c', plan } }, '*');
    pass(60_000);
    pairing.renew();
    await turn();
    expect((await links.read(key))?.value.claim?.changeId).toBe('theirs');
    await expect(pairing.release(true)).rejects.toThrow(StaleStateError);
  });
});

describe('a bundler', () => {
  it('tells its callers that their items are under way, until they have ended', async () => {
    let end: () => void = () => undefined;
    const bundler = makeBundler<number, number>({
      keyOf: String,
      single: (one) => new Promise((resolve) => (end = () => resolve(one))),
      bundle: async () => new Map(),
      canBundle: () => false,
      maxSingles: 1,
      minItems: 10,
      quietMs: 1,
      timeScale: 5_000,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      now: () => performance.now(),
    });
    let told = 0;
    const ended = bundler.submit(1, () => (told += 1));
    while (told < 3) await turn();
    end();
    await ended;
    const before = told;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toBe(before);
  });

  it.each([
    ['left over from a bundle says nothing of what that has written', true, false],
    ['alone has written nothing', false, true],
  ])('a refusal of one that is %s', async (_, canBundle, isUnwritten) => {
    let isOpen = canBundle;
    const bundler = makeBundler<number, number>({
      keyOf: String,
      single: async () => {
        throw new ThrottledError('target', 1, '429', { isUnwritten: true });
      },
      bundle: async () => {
        isOpen = false;
        return new Map();
      },
      canBundle: () => isOpen,
      maxSingles: 0,
      minItems: 2,
      quietMs: 1,
      timeScale: 1,
      sleep: async () => void (await turn()),
      now: () => performance.now(),
    });
    const ended = await Promise.allSettled([bundler.submit(1), bundler.submit(2)]);
    expect(ended).toMatchObject([{ reason: { isUnwritten } }, { reason: { isUnwritten } }]);
  });
});
