import { AlteredError, OpenTicketsError, RejectedError, StaleStateError, UnavailableError } from '../../../../src/core/errors';
import type { Leaving } from '../../../../src/core/leaving';
import { type Link, sourceId, type TargetUser, targetId } from '../../../../src/core/model';
import { planDisable } from '../../../../src/core/plan';
import type { Plan } from '../../../../src/core/plan-model';
import type { OutCause } from '../../../../src/core/scope';
import { DAY_MS } from '../../../../src/core/time';
import { CLAIM_MS } from '../../../../src/engine/claim-watch';
import type { JobSettings } from '../../../../src/engine/job-settings';
import type { Attempt } from '../../../../src/engine/provision/attempt';
import * as leave from '../../../../src/engine/provision/leave';
import { openPairing } from '../../../../src/engine/provision/pairing';
import type { Writing } from '../../../../src/engine/provision/stages';
import { Trace } from '../../../../src/engine/record/trace';
import { itemFor } from '../../../../src/engine/work-item';
import type { LinkClaim } from '../../../../src/ports/link-store';
import { aLink, aUser } from '../../../builders/objects';
import type { FakeUser } from '../../../fakes/target-account';
import { World } from '../../../property/support/world';

const ID = sourceId('00000000-0000-4000-8000-000000000001');
const KEY = { type: 'user', id: ID } as const;
const ITEM = { ...itemFor('c', KEY), allows: { kind: 'userDisable', countedIn: 'x' } } as const;
const AGENT = { role: 'agent', customRoleId: null } as const;
const OTHER = targetId(999);

interface Given {
  readonly settings?: Partial<JobSettings>;
  readonly account?: Partial<FakeUser>;
  /** Null: not linked. */
  readonly link?: Partial<Link> | null;
  /** What is kept of somebody who left; `targetId` is the account unless told otherwise. */
  readonly leaving?: Partial<Leaving>;
  readonly claim?: Partial<LinkClaim>;
  readonly plan?: Partial<Plan>;
  readonly told?: Partial<Plan>;
  readonly goneAt?: string;
  readonly cause?: OutCause;
}

/** Somebody out of scope with an account, and what is being done about it. */
async function aLeaver(given: Given = {}) {
  const world = new World({ settings: { deprovisionUsers: 'DowngradeAndSuspend', ...given.settings } });
  const deps = world.deps();
  const row = world.target.seedUser({ name: 'Ann', externalId: ID, role: AGENT, ...given.account });
  const account = (): TargetUser => ({ ...(world.target.users.get(row.id) as FakeUser) });
  const link = given.link === null ? null : aLink({ sourceId: ID, targetId: row.id, isAgent: true, ...given.link });
  const at = deps.clock().toISOString();
  const leaving: Leaving | null = given.leaving
    ? { sourceId: ID, targetId: row.id, leftAt: at, createdByUs: true, tickets: null, deletedAt: null, ...given.leaving }
    : null;
  if (leaving) await deps.leavings.put(leaving);
  const none: Plan = { action: 'none', targetId: row.id, changes: [], role: null, adopts: false, notes: [], removals: [] };
  const claim = given.claim ? { untilMs: 0, changeId: 'earlier', cycleId: 'c', plan: none, ...given.claim } : null;
  const stored = { link, claim };
  const etag = await deps.links.write(KEY, stored, null);
  const trace = new Trace();
  const decision = {
    kind: 'out',
    cause: given.cause ?? 'unassigned',
    skipReason: 'NotEffectivelyEntitled',
    reason: 'Out.',
  } as const;
  const attempt = {
    ...{ reads: deps, item: ITEM, decision, leaving, trace, above: [], back: null, dryRun: false, isSecondTry: false },
    ...{ object: aUser({ id: ID }), account: await deps.target.describe(), pairing: { key: KEY, row: stored, etag } },
  } satisfies Attempt as Attempt;
  const plan = { ...none, ...given.plan };
  const pairing = openPairing(deps, attempt.pairing);
  const writing: Writing<TargetUser> = {
    ...{ deps, attempt, pairing, desired: null, plan, told: { ...plan, ...given.told }, awaitsSeat: false },
    found: { target: account(), link, takesOverFrom: undefined, goneAt: given.goneAt },
    left: { error: undefined, attributes: [] },
    mayCome: undefined,
  };
  const told = () => trace.steps.map(({ description }) => description).join(' ');
  const kept = () => deps.leavings.read(ID);
  return { world, deps, attempt, writing, account, id: row.id, told, kept, trace };
}

describe('what is planned for somebody out of scope', () => {
  const TICKETS = { offboardTickets: { kind: 'group', name: 'Tier 2' } } as const;
  const planned = async (given: Given, target: 'there' | 'gone' = 'there') => {
    const { attempt, account } = await aLeaver(given);
    return leave.planOutOfScope(attempt, target === 'there' ? account() : undefined);
  };
  const dayOver = { leftAt: new Date(Date.parse('2026-01-05T08:00:00Z') - 40 * DAY_MS).toISOString() };

  it('an unknown scope takes nothing away, and a person in scope is a mistake', async () => {
    const { attempt, account } = await aLeaver();
    const decided = { ...attempt, decision: { kind: 'unknown', reason: 'Not read.' } } as const;
    expect(leave.planOutOfScope(decided, account())).toMatchObject({ code: 'Unknown', reason: 'Not read.' });
    const inScope = { ...attempt, decision: { kind: 'in', roles: [], reason: '' } } as const;
    expect(() => leave.planOutOfScope(inScope, account())).toThrow('in scope');
  });

  it('an account that is gone is nothing to do, with the reason', async () => {
    expect(await planned({}, 'gone')).toMatchObject({
      code: 'RedundantExport',
      reason: expect.stringContaining('gone in Zendesk'),
    });
    expect(await planned({ link: null }, 'gone')).toMatchObject({ code: 'NotEffectivelyEntitled' });
    expect(await planned({ link: null, leaving: {} }, 'gone')).toMatchObject({ code: 'NotEffectivelyEntitled' });
  });

  it('where an earlier try may have deleted it, or days were waited for, the row is brought in line', async () => {
    expect(await planned({ claim: {} }, 'gone')).toMatchObject({ action: 'none', adopts: false, targetId: expect.any(String) });
    expect(await planned({ claim: {}, link: null }, 'gone')).toMatchObject({ action: 'none', targetId: null });
    expect(await planned({ leaving: {} }, 'gone')).toMatchObject({ action: 'none' });
  });

  it('one that this app has deleted is erased once its day has come, and not while it is linked', async () => {
    const erase = { settings: { offboardEraseAfterDays: 40 }, leaving: { ...dayOver, deletedAt: dayOver.leftAt } };
    expect(await planned({ ...erase, link: null }, 'gone')).toMatchObject({
      action: 'delete',
      removals: [{ kind: 'userErase' }],
    });
    expect(await planned(erase, 'gone')).toMatchObject({ action: 'none', removals: [] });
    const later = { ...erase, settings: { offboardEraseAfterDays: 41 }, link: null };
    expect(await planned(later, 'gone')).toMatchObject({ code: 'NotEffectivelyEntitled' });
    expect(await planned({ settings: { offboardEraseAfterDays: 40 }, link: null }, 'gone')).toHaveProperty('code');
  });

  it('access is taken away, and the seat with it', async () => {
    expect(await planned({})).toMatchObject({
      action: 'disable',
      role: { role: 'end-user' },
      removals: [{ kind: 'userDisable' }],
    });
    expect(await planned({ settings: { deprovisionUsers: 'Nothing' } })).toMatchObject({ code: 'ActionDisabled' });
  });

  it('the account is deleted on its day, but not for the days of another account', async () => {
    const due = {
      settings: { offboardDeleteAfterDays: 40 },
      account: { suspended: true, role: { role: 'end-user', customRoleId: null } },
    } as const;
    expect(await planned({ ...due, leaving: dayOver })).toMatchObject({ action: 'delete' });
    expect(await planned({ ...due, leaving: { ...dayOver, targetId: OTHER } })).toMatchObject({ action: 'none' });
    expect(await planned(due)).toMatchObject({ action: 'none' });
  });

  it('tickets are handed over by an agent alone, once, and anew by whoever has access', async () => {
    const changed = async (given: Given) => {
      const plan = await planned({ settings: TICKETS, ...given });
      return (
        'changes' in plan &&
        plan.changes.some(({ attribute, newValue }) => attribute === 'open_tickets' && newValue === 'group:Tier 2')
      );
    };
    const done = { tickets: { to: 'group:Tier 2', count: 1, isComplete: true } };
    expect(await changed({})).toBe(true);
    expect(await changed({ settings: {} })).toBe(false);
    expect(await changed({ account: { role: { role: 'end-user', customRoleId: null } } })).toBe(false);
    expect(await changed({ leaving: done })).toBe(true);
    expect(await changed({ leaving: done, account: { suspended: true } })).toBe(false);
    expect(await changed({ leaving: {}, account: { suspended: true } })).toBe(true);
  });

  it('a seat goes with a suspension that counted it, and is counted anew otherwise', async () => {
    const counted: Plan['removals'] = [{ kind: 'userDisable', attributes: ['role', 'suspended'] }];
    const kindOf = async (changeId: string, removals: Plan['removals']) => {
      const claim = {
        changeId,
        plan: { action: 'disable', targetId: null, changes: [], role: null, adopts: false, notes: [], removals },
      } as const;
      const plan = await planned({ account: { suspended: true }, claim });
      return 'removals' in plan && plan.removals[0]?.kind;
    };
    expect(await kindOf(ITEM.changeId, counted)).toBe('userDisable');
    expect(await kindOf('another', counted)).toBe('agentDowngrade');
    expect(await kindOf(ITEM.changeId, [{ kind: 'userDisable', attributes: ['suspended'] }])).toBe('agentDowngrade');
    expect(await kindOf(ITEM.changeId, [{ kind: 'agentDowngrade', attributes: ['role'] }])).toBe('agentDowngrade');
    const both: Plan['removals'] = [{ kind: 'userDelete', attributes: [] }, ...counted];
    expect(await kindOf(ITEM.changeId, both)).toBe('userDisable');
  });
});

describe('taking access away', () => {
  const planOf = (account: TargetUser, tickets: string | null, downgrades = true): Plan =>
    planDisable(account, { downgrades, tickets, isSeatCounted: false });

  /** @param tickets how many; undefined where none are to be handed over */
  async function leaves(given: Given, tickets: number | undefined, downgrades = true) {
    const offboardTickets = tickets === undefined ? { kind: 'leave' } : { kind: 'group', name: 'Tier 2' };
    const leaver = await aLeaver({ ...given, settings: { offboardTickets: offboardTickets as JobSettings['offboardTickets'] } });
    const { world, writing, account, id } = leaver;
    world.target.seedGroup('Tier 2');
    world.target.seedTickets(id, tickets ?? 0);
    const plan = planOf(account(), tickets === undefined ? null : 'group:Tier 2', downgrades);
    const carried = { ...writing, plan, told: given.told ? { ...plan, ...given.told } : plan };
    const calls: string[] = [];
    world.hook = (name) => {
      if (/^target\.(updateUser|endSessions|handOverTickets)$/.test(name)) calls.push(name.slice(7));
    };
    const take = () => leave.takeAccess(carried, account(), (link) => carried.pairing.settle(link));
    const row = async () => (await leaver.deps.links.read(KEY))?.value;
    return { ...leaver, writing: carried, take, calls, row };
  }

  it('without tickets is one request, and sessions end where access did', async () => {
    const { take, calls, id, world, row, kept } = await leaves({}, undefined);
    expect(await take()).toMatchObject({ suspended: true, role: { role: 'end-user' } });
    expect(calls).toEqual(['updateUser', 'endSessions']);
    expect(world.target.endedSessions).toEqual([id]);
    expect(await row()).toMatchObject({ link: { disabledByUs: true, isAgent: false }, claim: null });
    expect(await kept()).toMatchObject({ targetId: id, createdByUs: true, tickets: null, deletedAt: null });
  });

  it.each([
    ['sessions end where Zendesk has suspended and made something else of the role', {}, new AlteredError('role', 'other'), 1],
    ['of a seat alone they do not', { account: { suspended: true } }, new AlteredError('role', 'other'), 0],
    ['nor where Zendesk has refused', {}, new RejectedError('role', 'refused'), 0],
  ])('%s', async (_name, given, error, expected) => {
    const { take, world } = await leaves(given, undefined);
    world.target.hook = async (moment, method) => {
      if (moment === 'after' && method === 'updateUser') throw error;
    };
    await expect(take()).rejects.toBe(error);
    expect(world.target.endedSessions).toHaveLength(expected);
  });

  it('of a seat alone ends no session', async () => {
    const { take, calls } = await leaves({ account: { suspended: true } }, undefined);
    expect(await take()).toMatchObject({ role: { role: 'end-user' } });
    expect(calls).toEqual(['updateUser']);
  });

  it('goes before the tickets, and the seat after them', async () => {
    const { take, calls, id, row, told, world } = await leaves({}, 2);
    expect(await take()).toMatchObject({ suspended: true, role: { role: 'end-user' } });
    expect(calls).toEqual(['updateUser', 'endSessions', 'handOverTickets', 'updateUser']);
    expect(world.target.endedSessions).toEqual([id]);
    expect(told()).toContain('Access ended first');
    expect(await row()).toMatchObject({ link: { isAgent: false }, claim: { untilMs: 0 } });
  });

  it('of whoever is suspended already hands the tickets over and does not say that access ended', async () => {
    const { take, calls, told } = await leaves({ account: { suspended: true } }, 2);
    await take();
    expect(calls).toEqual(['handOverTickets', 'updateUser']);
    expect(told()).not.toContain('Access ended first');
  });

  it('after an earlier try that had suspended ends the sessions once more', async () => {
    const told = { changes: [{ attribute: 'suspended', oldValue: false, newValue: true, redacted: false }] };
    const { take, calls } = await leaves({ account: { suspended: true }, told }, 2);
    await take();
    expect(calls).toEqual(['endSessions', 'handOverTickets', 'updateUser']);
  });

  it('where the seat is kept, the tickets go all the same', async () => {
    const { take, calls, world, id, row } = await leaves({}, 2, false);
    expect(await take()).toMatchObject({ suspended: true, role: AGENT });
    expect(calls).toEqual(['updateUser', 'endSessions', 'handOverTickets']);
    expect([...world.target.tickets.values()].filter(({ assignee }) => assignee === id)).toEqual([]);
    expect(await row()).toMatchObject({ link: { isAgent: true, disabledByUs: true }, claim: { untilMs: 0 } });
  });

  it('where nobody takes the tickets, access ends, the seat waits, and that is left as a failure', async () => {
    const { take, world, writing, row } = await leaves({}, 2);
    Object.assign(world.groupNamed('Tier 2') ?? {}, { deleted: true });
    expect(await take()).toMatchObject({ suspended: true, role: AGENT });
    expect(writing.left).toMatchObject({ error: { name: 'TicketsRefusedError' }, attributes: ['open_tickets', 'role'] });
    expect(await row()).toMatchObject({ link: { isAgent: true }, claim: { untilMs: 0 } });
  });

  it('where there are more tickets than one call may move, the item comes back and nobody is held off', async () => {
    const { take, world, row, kept } = await leaves({}, 800);
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'handOverTickets') world.nowMs += 30_000;
    };
    await expect(take()).rejects.toThrow(StaleStateError);
    expect(await kept()).toMatchObject({ tickets: { count: 200, isComplete: false } });
    expect(await row()).toMatchObject({ link: { isAgent: true, disabledByUs: true }, claim: { untilMs: 0 } });
  });

  it('a seat that is let go no longer once the tickets are gone stays', async () => {
    const { take, deps, row, account } = await leaves({}, 1);
    const at = '2026-01-05T08:00:00.000Z';
    await deps.staged.put([
      { key: KEY, cycleId: 'later', changeId: 'other', kind: 'userDisable', count: 1, reason: '', state: 'staged', stagedAt: at },
    ]);
    await expect(take()).rejects.toThrow('no longer let go');
    expect(account()).toMatchObject({ suspended: true, role: AGENT });
    expect(await row()).toMatchObject({ link: { isAgent: true }, claim: { untilMs: 0 } });
  });
});

describe('deleting the account', () => {
  it('keeps for the day of its erasure that this app did so', async () => {
    const { writing, account, kept, id, world } = await aLeaver({ leaving: { leftAt: '2025-12-01T00:00:00.000Z' } });
    await leave.deleteAccount(writing, account());
    expect(world.target.users.get(id)?.active).toBe(false);
    expect(await kept()).toMatchObject({
      targetId: id,
      leftAt: '2025-12-01T00:00:00.000Z',
      deletedAt: '2026-01-05T08:00:00.000Z',
    });
  });

  it('that somebody else has deleted is not ours', async () => {
    const { writing, account, id, world, kept } = await aLeaver();
    Object.assign(world.target.users.get(id) ?? {}, { active: false });
    await expect(leave.deleteAccount(writing, account())).rejects.toThrow('Somebody else');
    expect(await kept()).toBeUndefined();
  });

  it('with open tickets is refused: access ends meanwhile, and the deletion is tried again', async () => {
    const { writing, account, id, world, trace, deps } = await aLeaver();
    world.target.openTickets.add(id);
    await expect(leave.deleteAccount(writing, account())).rejects.toThrow(OpenTicketsError);
    expect(account()).toMatchObject({ suspended: true, active: true });
    expect((await deps.links.read(KEY))?.value.link).toMatchObject({ disabledByUs: true, isAgent: true });
    expect(world.target.endedSessions).toEqual([id]);
    expect(trace.steps).toMatchObject([{ status: 'warning', details: { role: 'agent' } }]);
  });

  it('with open tickets writes nothing to an account that is suspended already', async () => {
    const { writing, account, id, world } = await aLeaver({ account: { suspended: true } });
    world.target.openTickets.add(id);
    await expect(leave.deleteAccount(writing, account())).rejects.toThrow(OpenTicketsError);
    expect(world.target.writeCount()).toBe(0);
  });

  it.each([
    ['refused for another reason', new RejectedError(undefined, 'refused')],
    ['without an answer', new UnavailableError('target', 'away')],
  ])('%s suspends nobody', async (_, error) => {
    const { writing, account, world } = await aLeaver();
    world.target.hook = (_moment, method) => {
      if (method === 'deleteUser') throw error;
    };
    await expect(leave.deleteAccount(writing, account())).rejects.toBe(error);
    expect(account().suspended).toBe(false);
  });

  it('erases it, and forgets who had it', async () => {
    const { writing, id, world, kept, deps } = await aLeaver({ account: { active: false }, leaving: {} });
    await leave.eraseAccount(writing, id);
    expect(world.target.erased).toEqual([id]);
    expect(await kept()).toBeUndefined();
    expect((await deps.links.read(KEY))?.value.link ?? null).toBeNull();
  });
});

describe('an account that went while an earlier try was at its deletion', () => {
  const SINCE_MS = Date.parse('2026-01-05T08:00:00Z');
  const went = async (afterMs: number | undefined, sinceMs: number | undefined = SINCE_MS) => {
    const goneAt = afterMs === undefined ? {} : { goneAt: new Date(SINCE_MS + afterMs).toISOString() };
    return leave.wentUnderClaim((await aLeaver({ ...goneAt, claim: sinceMs === undefined ? {} : { sinceMs } })).writing);
  };

  it.each([
    [0, true],
    [-10_000, true],
    [-10_001, false],
    [CLAIM_MS + 10_000, true],
    [CLAIM_MS + 10_001, false],
    [undefined, false],
  ])('%p ms after the try began: %p', async (afterMs, is) => {
    expect(await went(afterMs)).toBe(is);
  });

  it('is not proved without a claim, or with one that does not say since when', async () => {
    expect(leave.wentUnderClaim((await aLeaver({ goneAt: new Date(SINCE_MS).toISOString() })).writing)).toBe(false);
    expect(leave.wentUnderClaim((await aLeaver({ goneAt: new Date(SINCE_MS).toISOString(), claim: {} })).writing)).toBe(false);
  });
});

describe('what is kept of somebody who left', () => {
  const BEFORE = { leftAt: '2025-12-01T00:00:00.000Z' };
  const NOW = '2026-01-05T08:00:00.000Z';

  it.each([
    ['suspended since: the day stays', { leaving: BEFORE, account: { suspended: true } }, BEFORE.leftAt],
    ['can sign in again: the days begin anew', { leaving: BEFORE }, NOW],
    ['another account: the days begin anew', { leaving: { ...BEFORE, targetId: OTHER }, account: { suspended: true } }, NOW],
    ['nothing yet', { account: { suspended: true } }, NOW],
  ] as readonly [string, Given, string][])('%s', async (_, given, leftAt) => {
    const { writing, account, kept, id } = await aLeaver(given);
    const answer = await leave.keepLeaving(writing, account());
    expect(answer).toMatchObject({ leftAt, targetId: id });
    expect(await kept()).toEqual(answer);
  });

  it.each([
    ['made by this app', {}, true],
    ['there before', { link: { createdByUs: false } }, false],
    ['not linked', { link: null }, false],
  ] as readonly [string, Given, boolean][])('an account %s', async (_, given, createdByUs) => {
    const { writing, account } = await aLeaver(given);
    expect(await leave.keepLeaving(writing, account())).toMatchObject({ createdByUs });
  });

  const ERASES = { settings: { offboardEraseAfterDays: 90 } };
  it.each([
    ['ours, proved: for its erasure', {}, true, true, false],
    ['ours, not proved', {}, false, false, false],
    ['ours, not proved, where it was to be erased', ERASES, false, false, true],
    ['ours, proved, where it is to be erased', ERASES, true, true, false],
    ['there before', { ...ERASES, link: { createdByUs: false } }, true, false, false],
    ['there before, not proved', { ...ERASES, link: { createdByUs: false } }, false, false, false],
    ['linked to another account', { ...ERASES, link: { targetId: OTHER } }, true, false, false],
    ['not linked', { ...ERASES, link: null }, true, false, false],
  ] as readonly [string, Given, boolean, boolean, boolean][])('a deletion: %s', async (_, given, isProved, isKept, isWarned) => {
    const { writing, id, kept, trace } = await aLeaver({ leaving: {}, ...given });
    await leave.keepDeletion(writing, id, isProved);
    expect([(await kept())?.deletedAt, trace.steps.map(({ status }) => status)]).toEqual([
      isKept ? NOW : undefined,
      isWarned ? ['warning'] : [],
    ]);
  });

  it('a deletion keeps when the account was left, by what is known of that account alone', async () => {
    const tickets = { to: 'group:Tier 2', count: 3, isComplete: true };
    const known = { ...BEFORE, tickets, deletedAt: '2026-01-01T00:00:00.000Z' };
    const same = await aLeaver({ leaving: known });
    await leave.keepDeletion(same.writing, same.id, true);
    expect(await same.kept()).toEqual({ sourceId: ID, targetId: same.id, createdByUs: true, ...known });
    for (const leaving of [{ ...known, targetId: OTHER }, undefined]) {
      const other = await aLeaver(leaving ? { leaving } : {});
      await leave.keepDeletion(other.writing, other.id, true);
      expect(await other.kept()).toMatchObject({ targetId: other.id, leftAt: NOW, tickets: null, deletedAt: NOW });
    }
  });

  it('is called off by a return, and the log says what cannot be undone', async () => {
    for (const [leaving, says] of [
      [{}, 'called off'],
      [{ deletedAt: BEFORE.leftAt }, 'Zendesk cannot undo'],
    ] as const) {
      const { writing, kept, told } = await aLeaver({ leaving });
      await leave.callOffLeaving(writing);
      expect(await kept()).toBeUndefined();
      expect(told()).toContain(says);
    }
    const nothing = await aLeaver();
    await leave.callOffLeaving(nothing.writing);
    expect(nothing.told()).toBe('');
  });
});
