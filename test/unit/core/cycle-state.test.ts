import { beginCycle, type CycleEvent, type CycleFacts, type CyclePhase, factsOf, next } from '../../../src/core/cycle-state';
import { NOT_FOLLOWED } from '../../../src/core/endless';
import { sourceId } from '../../../src/core/model';

const facts: CycleFacts = {
  format: 2,
  cycleId: 'c1',
  kind: 'incremental',
  why: 'Because.',
  startedAt: '2026-01-01T00:00:00.000Z',
  groupSelect: 'displayName',
  groupGeneration: 'c0',
  userSelect: 'mail',
  usersFull: false,
  imported: 0,
  evaluated: 0,
  staged: 0,
  unknowns: 0,
};
const watch = { ...NOT_FOLLOWED, pages: 3 };
const last = { type: 'user', id: sourceId('u1') } as const;

const LISTING: CyclePhase = { phase: 'assignments', step: 'listing', next: 'a2', watch, seenParts: 1 };
const FROM_START: CyclePhase = { phase: 'assignments', step: 'listing', next: null, watch: NOT_FOLLOWED, seenParts: 0 };
const PROVING: CyclePhase = { phase: 'assignments', step: 'proving', seenParts: 2, proofParts: 0, isListWhole: true };
const GROUPS: CyclePhase = { phase: 'groups' };
const READING: CyclePhase = { phase: 'users', step: 'reading', next: 'u2', isFull: false, watch };
const FULL: CyclePhase = { phase: 'users', step: 'reading', next: null, isFull: true, watch: NOT_FOLLOWED };
const SETTLING: CyclePhase = { phase: 'users', step: 'settling', usersWatermark: 'w' };
const SCOPING: CyclePhase = { phase: 'scoping', usersWatermark: 'w', scopedAfter: null };
const BRAKE: CyclePhase = { phase: 'brake', usersWatermark: 'w', scopedAfter: last };
const FINISH: CyclePhase = { phase: 'finish', usersWatermark: 'w', scopedAfter: last };

const TABLE: readonly (readonly [string, CyclePhase, CycleEvent, CyclePhase, Partial<CycleFacts>])[] = [
  ['a page of assignments', FROM_START, { kind: 'assignmentsPage', next: 'a2', watch, seenParts: 1 }, LISTING, {}],
  ['the last, and some are missing', LISTING, { kind: 'assignmentsPage', next: null, watch, seenParts: 2 }, PROVING, {}],
  ['the last, and nothing is missing', LISTING, { kind: 'assignmentsComplete' }, GROUPS, {}],
  ['the link has expired', LISTING, { kind: 'assignmentsAnew' }, FROM_START, {}],
  ['a list without an end', LISTING, { kind: 'assignmentsEndless', seenParts: 2 }, { ...PROVING, isListWhole: false }, {}],
  ['some proofs', PROVING, { kind: 'assignmentsProved', proofParts: 1 }, { ...PROVING, proofParts: 1 }, {}],
  ['all proofs', PROVING, { kind: 'assignmentsSettled', unknowns: 3, isBelieved: true }, GROUPS, { unknowns: 3 }],
  [
    'a list that was caught lying',
    PROVING,
    { kind: 'assignmentsSettled', unknowns: 1, isBelieved: false },
    GROUPS,
    { unknowns: 1, isListDoubted: true },
  ],
  ['a page of groups', GROUPS, { kind: 'groupsPage', imported: 5, unknowns: 1 }, GROUPS, { imported: 5, unknowns: 1 }],
  ['all groups', GROUPS, { kind: 'groupsRead' }, { ...READING, next: null, watch: NOT_FOLLOWED }, {}],
  [
    'a page of users',
    READING,
    { kind: 'usersPage', imported: 7, watch, to: { next: 'u3' } },
    { ...READING, next: 'u3' },
    { imported: 7 },
  ],
  [
    'the last page of users',
    READING,
    { kind: 'usersPage', imported: 7, watch, to: { watermark: 'w' } },
    SCOPING,
    { imported: 7 },
  ],
  [
    'the last page of a full round',
    FULL,
    { kind: 'usersPage', imported: 7, watch, to: { watermark: 'w' } },
    SETTLING,
    { imported: 7 },
  ],
  ['the watermark has expired', READING, { kind: 'usersExpired' }, FULL, {}],
  ['users without an end', READING, { kind: 'usersEndless' }, { ...SCOPING, usersWatermark: null }, { unknowns: 1 }],
  ['users not shown were looked at', SETTLING, { kind: 'usersSettled', unknowns: 0 }, SCOPING, {}],
  [
    'users not shown could not be read',
    SETTLING,
    { kind: 'usersSettled', unknowns: 2 },
    SCOPING,
    { unknowns: 2, usersUnsettled: 'c1' },
  ],
  ['they were looked at again', READING, { kind: 'usersSettled', unknowns: 0 }, READING, {}],
  ['a page scoped', SCOPING, { kind: 'scoped', last, count: 9 }, { ...SCOPING, scopedAfter: last }, { evaluated: 9 }],
  ['all scoped', { ...SCOPING, scopedAfter: last }, { kind: 'allScoped' }, BRAKE, {}],
  ['the brake has spoken', BRAKE, { kind: 'braked', staged: 4 }, BRAKE, { staged: 4 }],
  ['all is in the queue', BRAKE, { kind: 'finishing' }, FINISH, {}],
  ['taken up again at the end', FINISH, { kind: 'braked', staged: 4 }, FINISH, { staged: 4 }],
];

describe('a cycle', () => {
  it('begins with the assignments', () => expect(beginCycle(facts)).toEqual({ ...facts, ...FROM_START }));

  it('that reads every user reads them in full after the groups', () => {
    expect(next({ ...facts, usersFull: true, ...GROUPS }, { kind: 'groupsRead' })).toEqual({
      ...facts,
      usersFull: true,
      ...FULL,
    });
  });

  it.each(TABLE)('%s', (_name, before, event, after, counts) => {
    expect(next({ ...facts, ...before }, event)).toEqual({ ...facts, ...counts, ...after });
  });

  it('knows the round that left users unread until a look at them succeeds', () => {
    const unsettled = { ...facts, usersUnsettled: 'c0' };
    const stillUnread = next({ ...unsettled, ...READING }, { kind: 'usersSettled', unknowns: 1 });
    expect(stillUnread).toEqual({ ...unsettled, ...READING, unknowns: 1 });
    expect(next(stillUnread, { kind: 'usersSettled', unknowns: 0 })).toEqual({ ...facts, ...READING, unknowns: 1 });
    expect(next({ ...unsettled, ...SETTLING }, { kind: 'usersSettled', unknowns: 0 })).toEqual({ ...facts, ...SCOPING });
  });

  it('keeps nothing of a phase in the next one', () => {
    for (const [, before] of TABLE) expect(factsOf({ ...facts, ...before })).toEqual(facts);
  });

  it('refuses every event that cannot happen where it is', () => {
    const events = new Map(TABLE.map(([, , event]) => [event.kind, event]));
    const phases = new Map(TABLE.map(([, before]) => [`${before.phase} ${'step' in before ? before.step : ''}`, before]));
    for (const [name, phase] of phases) {
      const known = new Set(
        TABLE.filter(([, before]) => `${before.phase} ${'step' in before ? before.step : ''}` === name).map(
          ([, , { kind }]) => kind,
        ),
      );
      for (const [kind, event] of events) {
        if (known.has(kind) || (phase.phase === 'finish' && kind === 'finishing')) continue;
        if (phase.phase === 'users' && kind.startsWith('users') && 'step' in phase && phase.step === 'reading') continue;
        expect(() => next({ ...facts, ...phase }, event)).toThrow('cannot have the event');
      }
    }
  });
});
