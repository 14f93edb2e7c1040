import { type Link, sourceId, targetId } from '../../../src/core/model';
import type { EngineDeps } from '../../../src/engine/deps';
import { linkedCounts, shownCounts } from '../../../src/engine/job/linked-counts';
import { STATUS_KEYS } from '../../../src/engine/job/status-keys';
import { makeFakeLinkStore } from '../../fakes/link-store';
import { makeFakeStateStore } from '../../fakes/state-store';

/** An app whose storage needs five seconds to count, so that the counts may be kept for more than eight minutes. */
async function aSlowApp(people: number) {
  const links = makeFakeLinkStore();
  const state = makeFakeStateStore();
  let nowMs = Date.parse('2026-02-02T09:00:00Z');
  const deps = { links, state, clock: () => new Date(nowMs) } as unknown as EngineDeps;
  const link = async (from: number, to: number) => {
    for (let at = from; at < to; at += 1) await links.write({ type: 'user', id: sourceId(`p${at}`) }, aRow(at), null);
  };
  await link(0, people);
  const counted = await linkedCounts(deps);
  await state.write(STATUS_KEYS.counts, { ...counted, tookMs: 5_000 }, '*');
  return { deps, link, pass: (ms: number) => (nowMs += ms) };
}

const aRow = (at: number) => {
  const link = { type: 'user', sourceId: sourceId(`p${at}`), targetId: targetId(`${at}`), settledRole: null, isAgent: false };
  return { link: { ...link, createdByUs: true, disabledByUs: false, ownedTags: [], exportedVersion: 1 } as Link, claim: null };
};

describe('the number of linked accounts', () => {
  it('is counted anew once a cycle has changed many, however long counting takes', async () => {
    const { deps, link, pass } = await aSlowApp(200);
    await link(200, 300);
    pass(90_000);
    expect((await linkedCounts(deps, 0)).users).toBe(200);
    expect((await linkedCounts(deps, 0, 100)).users).toBe(300);
    expect((await linkedCounts(deps)).users).toBe(300);
  });

  it('is not counted for a cycle that changed next to nothing of a large account', async () => {
    const { deps, link, pass } = await aSlowApp(201);
    await link(201, 203);
    pass(90_000);
    expect((await linkedCounts(deps, 0, 2)).users).toBe(201);
    pass(500_000);
    expect((await linkedCounts(deps, 0, 2)).users).toBe(203);
  });

  it('keeps nobody waiting who looks at the status of a large account, however old the count is', async () => {
    const { deps, link, pass } = await aSlowApp(200);
    await link(200, 300);
    pass(10 * 3_600_000);
    expect((await shownCounts(deps)).users).toBe(200);
    await linkedCounts(deps, 0, 1);
    expect((await shownCounts(deps)).users).toBe(300);
  });
});
