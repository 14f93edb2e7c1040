import fc from 'fast-check';
import { type AppRoleAssignment, sourceId } from '../../../src/core/model';
import { HeldAssignments } from '../../../src/engine/import/held-assignments';
import { PackedTexts } from '../../../src/engine/import/packed-texts';

/** Few values, so that they meet again; among them what no encoding may lose. */
const texts = fc.oneof(
  fc.constantFrom('', 'a', 'é', 'Ă', '\ud800', '\udfff', '\ufffd', 'IJkQ1bCm-0GKrrEM5hM2oWEuJ0Kx', '__proto__'),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

describe('PackedTexts', () => {
  it('returns every text as it was, under one number, and finds no other', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 700 }), (all) => {
        const packed = new PackedTexts();
        const numbers = new Map<string, number>();
        for (const text of all) {
          expect(packed.find(text)).toBe(numbers.get(text));
          const number = packed.intern(text);
          expect(number).toBe(numbers.get(text) ?? numbers.size);
          numbers.set(text, number);
        }
        for (const [text, number] of numbers) expect([packed.get(number), packed.find(text)]).toEqual([text, number]);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps texts across blocks, also one that is longer than a block', () => {
    const packed = new PackedTexts();
    const all = [...Array.from({ length: 30 }, (_, n) => String(n).repeat(50_000)), 'x'.repeat(3 << 20), 'after'];
    const numbers = all.map((text) => packed.intern(text));
    expect(numbers.map((number) => packed.get(number)).every((text, at) => text === all[at])).toBe(true);
  });
});

describe('HeldAssignments', () => {
  const assignments: fc.Arbitrary<AppRoleAssignment> = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'é'),
    principalId: fc.constantFrom('p', 'q', 'r').map(sourceId),
    principalType: fc.constantFrom('User', 'Group', 'ServicePrincipal'),
    principalDisplayName: fc.constantFrom('', 'Ann', 'Bob', 'Čeněk'),
    appRoleId: fc.constantFrom('one', 'two'),
  });
  const steps = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), one: assignments }),
    fc.record({ kind: fc.constantFrom('remove' as const, 'see' as const), one: assignments }),
    fc.record({ kind: fc.constant('seeNone' as const), one: assignments }),
  );

  it('holds what a map by id and lists by principal would hold', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (all) => {
        const held = new HeldAssignments();
        const byPrincipal = new Map<string, AppRoleAssignment[]>();
        const byId = new Map<string, AppRoleAssignment>();
        const seen = new Set<string>();
        const take = (id: string): void => {
          for (const [key, list] of byPrincipal)
            byPrincipal.set(
              key,
              list.filter((one) => one.id !== id),
            );
        };
        for (const { kind, one } of all) {
          const before = byId.get(one.id);
          if (kind === 'put') {
            const list = byPrincipal.get(one.principalId) ?? [];
            const at = list.findIndex(({ id }) => id === one.id);
            if (at >= 0) list[at] = one;
            else {
              take(one.id);
              byPrincipal.set(one.principalId, [...(byPrincipal.get(one.principalId) ?? []), one]);
            }
            byId.set(one.id, one);
            held.put(one);
          } else if (kind === 'remove') {
            take(one.id);
            byId.delete(one.id);
            seen.delete(one.id);
            held.remove(one.id);
          } else if (kind === 'see' && before) {
            seen.add(one.id);
            expect(held.idOf(held.see(one.id))).toBe(one.id);
          } else if (kind === 'see') expect(() => held.see(one.id)).toThrow(RangeError);
          else {
            seen.clear();
            held.seeNone();
          }
          expect(held.get(one.id)).toEqual(byId.get(one.id));
          const now = byId.get(one.id);
          expect(held.holds(one)).toBe(now?.principalId === one.principalId && now?.appRoleId === one.appRoleId);
        }
        for (const id of ['p', 'q', 'r'].map(sourceId)) {
          expect(held.of(id)).toEqual(byPrincipal.get(id) ?? []);
          expect(held.has(id)).toBe((byPrincipal.get(id) ?? []).length > 0);
        }
        const groups = [...byPrincipal].filter(([, [first]]) => first?.principalType === 'Group').map(([id]) => id);
        expect([...held.principals('Group')].sort()).toEqual(groups.sort());
        expect([...held.ids()].sort()).toEqual([...byId.keys()].sort());
        const unseen = [...byId.keys()].filter((id) => !seen.has(id)).sort();
        expect([...held.unseen()].map(({ id }) => id).sort()).toEqual(unseen);
        expect(held.isAllSeen).toBe(unseen.length === 0);
        expect(held.size).toBe(byId.size);
      }),
      { numRuns: 500 },
    );
  });

  it('takes less than 200 bytes for each of many, and hardly any of them on the heap', () => {
    const held = new HeldAssignments();
    const before = process.memoryUsage();
    for (let n = 0; n < 50_000; n += 1) {
      held.put({
        id: `IJkQ1bCm-0GKrrEM5hM2oWEuJ0Kxq1VCrUJp0Y${String(n).padStart(6, '0')}`.slice(-43),
        principalId: sourceId(`3f0e1c2d-0d5b-4c6a-9e8f-1a2b3c${String(Math.floor(n / 3)).padStart(6, '0')}`),
        principalType: 'User',
        principalDisplayName: `Someone with a Name ${Math.floor(n / 3)}`,
        appRoleId: `role ${n % 3}`,
      });
    }
    const { arrayBuffers } = process.memoryUsage();
    // What the garbage of growing still holds is counted, so this is an upper bound.
    expect((arrayBuffers - before.arrayBuffers) / 50_000).toBeLessThan(200);
    expect(held.size).toBe(50_000);
  });
});
