import { makeProvisioningLog } from '../../../src/adapters/storage/provisioning-log';
import { parseLogFilter } from '../../../src/core/log-filter/parse';
import type { ProvisioningLogEntry, ProvisioningStatus } from '../../../src/core/record';
import { InvalidLogQueryError, type LogQuery, type ProvisioningLog } from '../../../src/ports/provisioning-log';
import { makeFakeProvisioningLog } from '../../fakes/provisioning-log';
import { HOSTILE_TEXTS, onBoth } from './both';
import { logEntry } from './log-entry';

/** Every entry that is found, page by page, and how many pages it took. */
async function everything(log: ProvisioningLog, query: LogQuery, pageSize = 1_000): Promise<ProvisioningLogEntry[]> {
  const entries: ProvisioningLogEntry[] = [];
  let next: string | undefined;
  do {
    const page = await log.query(query, pageSize, next);
    expect(page.entries.length).toBeLessThanOrEqual(pageSize);
    entries.push(...page.entries);
    next = page.next;
  } while (next !== undefined);
  return entries;
}
const changes = async (log: ProvisioningLog, query: LogQuery, pageSize?: number): Promise<string[]> =>
  (await everything(log, query, pageSize)).map(({ changeId }) => changeId);

const filterOf = (text: string) => {
  const parsed = parseLogFilter(text);
  if (!parsed.ok || !parsed.filter) throw new Error('Not a filter');
  return parsed.filter;
};

const at = (day: number, hour = 0): string => new Date(Date.UTC(2026, 0, day, hour)).toISOString();

onBoth('ProvisioningLog', { fake: () => makeFakeProvisioningLog(), real: makeProvisioningLog }, (make) => {
  test('an entry is kept whole and found by cycle and change', async () => {
    const log = await make();
    const entry = logEntry('y1', 'c1', { details: Object.fromEntries(HOSTILE_TEXTS.map((text) => [text, text])) });
    expect(await log.record(entry)).toBe('recorded');
    expect(JSON.stringify(await log.read('y1', 'c1'))).toBe(JSON.stringify(entry));
    expect(await log.read('y1', 'c2')).toBeUndefined();
    expect(await log.read('y2', 'c1')).toBeUndefined();
  });

  test('counts › by outcome, skip reason and error code; a repeat counts once', async () => {
    const log = await make();
    for (const n of [1, 2, 3]) await log.record(logEntry('y1', `s${n}`, { status: 'success', action: 'create' }));
    for (const n of [1, 2])
      await log.record(logEntry('y1', `k${n}`, { status: 'skipped', action: 'other', skipReason: 'RedundantExport' }));
    await log.record(logEntry('y1', 'f1', { status: 'failure', action: 'update', errorCode: '__proto__' }));
    await log.record(logEntry('y2', 's1', { status: 'success', action: 'create' }));
    expect(await log.record(logEntry('y1', 's1', { status: 'failure', errorCode: 'Late' }))).toBe('repeated');
    const counts = await log.counts('y1');
    expect(Object.entries(counts.byOutcome).sort()).toEqual([
      ['failure/update', 1],
      ['skipped/other', 2],
      ['success/create', 3],
    ]);
    expect(Object.entries(counts.bySkipReason)).toEqual([['RedundantExport', 2]]);
    expect(Object.entries(counts.byErrorCode)).toEqual([['__proto__', 1]]);
    expect(counts.total).toBe(6);
    expect((await log.counts('none')).total).toBe(0);
  });

  test.each<[ProvisioningStatus, ProvisioningStatus, ProvisioningStatus]>([
    ['failure', 'success', 'success'],
    ['failure', 'skipped', 'skipped'],
    ['failure', 'failure', 'failure'],
    ['success', 'failure', 'success'],
    ['skipped', 'success', 'success'],
    ['skipped', 'failure', 'failure'],
    ['success', 'skipped', 'success'],
  ])('first %s, again %s › stays or becomes %s, with two attempts', async (first, again, outcome) => {
    const log = await make();
    await log.record(logEntry('y1', 'c1', { status: first, at: at(1), errorCode: first === 'failure' ? 'First' : undefined }));
    await log.record(logEntry('y1', 'c1', { status: again, at: at(2), errorCode: again === 'failure' ? 'Again' : undefined }));
    const entry = await log.read('y1', 'c1');
    expect(entry?.provisioningStatusInfo.status).toBe(outcome);
    expect(entry).toMatchObject({ attempts: 2, activityDateTime: at(1) });
    expect(Object.entries((await log.counts('y1')).byOutcome)).toEqual([[`${outcome}/update`, 1]]);
    for (const status of ['failure', 'success', 'skipped'] as const) {
      expect(await changes(log, { statuses: [status] })).toEqual(status === outcome ? ['c1'] : []);
    }
    const code = first === 'failure' ? 'First' : 'Again';
    expect(await changes(log, { errorCode: code })).toEqual(outcome === 'failure' ? ['c1'] : []);
    expect(await changes(log, {})).toEqual(['c1']);
  });

  test('counts stay exact while many writers record and repeat at once', async () => {
    const log = await make();
    const entries = Array.from({ length: 60 }, (_, n) =>
      logEntry('y1', `c${n}`, { status: n % 3 === 0 ? 'failure' : 'success' }),
    );
    const results = await Promise.all([...entries, ...entries.slice(0, 20)].map((entry) => log.record(entry)));
    expect(results.filter((result) => result === 'recorded')).toHaveLength(60);
    expect((await log.counts('y1')).byOutcome).toMatchObject({ 'failure/update': 20, 'success/update': 40 });
    expect((await log.counts('y1')).total).toBe(60);
    expect(await everything(log, { cycleId: 'y1' })).toHaveLength(60);
  });

  test('entries that are too large together are recorded all the same, and a repeat among many stays a repeat', async () => {
    const log = await make();
    const large = { reason: 'x'.repeat(120_000) };
    const entryOf = (at: number) => {
      const entry = logEntry('one-cycle', `change-${at % 120}`, { status: 'success' });
      return at % 7 === 0
        ? { ...entry, provisioningSteps: entry.provisioningSteps.map((step) => ({ ...step, description: large.reason })) }
        : entry;
    };
    const results = await Promise.all(Array.from({ length: 150 }, (_, at) => log.record(entryOf(at))));
    expect(results.filter((result) => result === 'recorded')).toHaveLength(120);
    expect((await log.counts('one-cycle')).total).toBe(120);
    expect((await log.read('one-cycle', 'change-3'))?.attempts).toBe(2);
    expect((await log.read('one-cycle', 'change-119'))?.attempts).toBe(1);
  });

  test('pages come newest first, whatever the page size, with nothing lost or twice', async () => {
    const log = await make();
    for (const n of [3, 1, 5, 2, 4]) await log.record(logEntry('y1', `c${n}`, { at: at(n) }));
    await log.record(logEntry('y1', 'c4b', { at: at(4) }));
    const order = ['c5', 'c4', 'c4b', 'c3', 'c2', 'c1'];
    for (const pageSize of [1, 2, 3, 6, 7]) {
      expect(await changes(log, {}, pageSize)).toEqual(order);
      expect(await changes(log, { cycleId: 'y1' }, pageSize)).toEqual(order);
    }
    expect((await log.query({}, 6)).next).toBeUndefined();
  });

  test('every condition, alone and together, without regard to case', async () => {
    const log = await make();
    await log.record(
      logEntry('Y1', 'a', {
        at: at(1),
        sourceId: 's-1',
        targetId: '11',
        name: 'Ann Example',
        upn: 'Ann@Example.com',
        action: 'create',
      }),
    );
    await log.record(
      logEntry('y1', 'b', {
        at: at(2, 5),
        sourceId: 's-2',
        targetId: '12',
        name: "Bob O'Neil",
        status: 'failure',
        errorCode: 'DuplicateTargetEntries',
      }),
    );
    await log.record(
      logEntry('y2', 'c', {
        at: at(3, 6),
        sourceId: 's-1',
        targetId: '11',
        name: 'Ann Other',
        upn: 'ann@example.com',
        status: 'skipped',
        skipReason: 'RedundantExport',
        action: 'other',
      }),
    );
    await log.record(
      logEntry('y2', 'd', { at: at(4), sourceId: '', targetId: '', name: '%_*\\', status: 'warning', action: 'disable' }),
    );
    const cases: readonly [LogQuery, readonly string[]][] = [
      [{}, ['d', 'c', 'b', 'a']],
      [{ cycleId: 'y1' }, ['b', 'a']],
      [{ changeId: 'B' }, ['b']],
      [{ cycleId: 'y2', changeId: 'b' }, []],
      [{ statuses: ['failure'] }, ['b']],
      [{ statuses: ['warning'] }, ['d']],
      [{ statuses: ['failure', 'success'] }, ['b', 'a']],
      [{ statuses: [] }, []],
      [{ action: 'create' }, ['a']],
      [{ skipReason: 'redundantexport' }, ['c']],
      [{ errorCode: 'duplicatetargetentries' }, ['b']],
      [{ errorCode: "' or '1' eq '1" }, []],
      [{ sourceId: 'S-1' }, ['c', 'a']],
      [{ sourceId: 's-1', statuses: ['skipped'] }, ['c']],
      [{ targetId: '12' }, ['b']],
      [{ name: 'ann@EXAMPLE.com' }, ['c', 'a']],
      [{ name: 'ann example' }, ['a']],
      [{ name: "bob o'neil" }, ['b']],
      [{ nameContains: 'ANN' }, ['c', 'a']],
      [{ nameContains: '%_*\\' }, ['d']],
      [{ nameContains: 'example', cycleId: 'y2' }, ['c']],
      [{ after: at(2, 5) }, ['d', 'c', 'b']],
      [{ before: at(2, 5) }, ['a']],
      [{ after: at(2), before: at(3, 6) }, ['b']],
      [{ after: at(2), before: at(4), sourceId: 's-1' }, ['c']],
      [{ after: at(4), before: at(1) }, []],
    ];
    for (const [query, expected] of cases) expect([query, await changes(log, query, 2)]).toEqual([query, expected]);
  });

  test('a filter that no key serves fills its page, whatever stands between', async () => {
    const log = await make();
    const rare = (n: number): boolean => n % 17 === 3;
    const entries = Array.from({ length: 60 }, (_, n) => ({
      ...logEntry(`y${n % 3}`, `c${String(n).padStart(2, '0')}`, { at: at(1 + Math.floor(n / 20), n % 20), name: `n${n}` }),
      initiatedBy: { id: '', displayName: rare(n) ? 'Olga' : 'Provisioning', initiatorType: 'user' as const },
    }));
    for (const entry of entries) await log.record(entry);
    const filter = filterOf("initiatedBy/displayName eq 'Olga'");
    const expected = ['c54', 'c37', 'c20', 'c03'];
    for (const size of [1, 2, 3, 5]) {
      const first = await log.query({ filter }, size);
      expect(first.entries.map(({ changeId }) => changeId)).toEqual(expected.slice(0, size));
      expect(await changes(log, { filter }, size)).toEqual(expected);
      expect(await changes(log, { filter, isOldestFirst: true }, size)).toEqual([...expected].reverse());
      expect(await changes(log, { filter, cycleId: 'y0' }, size)).toEqual(['c54', 'c03']);
      expect(await changes(log, { filter, statuses: ['success'], after: at(2) }, size)).toEqual(['c54', 'c37', 'c20']);
    }
    expect([await log.count({}), await log.count({ filter }), await log.count({ filter, cycleId: 'y1' })]).toEqual([60, 4, 1]);
    expect(await log.count({ filter, name: 'n3' })).toBe(1);
  });

  test('oldest first, whatever the page size, with nothing lost or twice', async () => {
    const log = await make();
    for (const n of [3, 1, 5, 2, 4]) await log.record(logEntry('y1', `c${n}`, { at: at(n) }));
    await log.record(logEntry('y2', 'c4b', { at: at(4) }));
    await log.record(logEntry('y2', 'ancient', { at: '1999-12-31T23:59:59.999Z' }));
    const order = ['ancient', 'c1', 'c2', 'c3', 'c4b', 'c4', 'c5'];
    for (const size of [1, 2, 3, 7, 8]) {
      expect(await changes(log, { isOldestFirst: true }, size)).toEqual(order);
      expect(await changes(log, { isOldestFirst: true, cycleId: 'y1' }, size)).toEqual(['c1', 'c2', 'c3', 'c4', 'c5']);
      expect(await changes(log, { isOldestFirst: true, after: at(2), before: at(4) }, size)).toEqual(['c2', 'c3']);
    }
  });

  test('a value too long for an index is compared whole', async () => {
    const log = await make();
    const long = 'x'.repeat(1_500);
    await log.record(logEntry('y1', 'c1', { name: `${long}a` }));
    await log.record(logEntry('y1', 'c2', { name: `${long}b` }));
    expect(await changes(log, { filter: filterOf(`endswith(sourceIdentity/displayName,'${'x'.repeat(20)}b')`) })).toEqual(['c2']);
    expect(await log.count({ filter: filterOf(`endswith(sourceIdentity/displayName,'xa')`) })).toBe(1);
  });

  test('a token from elsewhere or a time that is none › a clear error', async () => {
    const log = await make();
    await log.record(logEntry('y1', 'c1'));
    const forged = [{ v: 1, after: "0' or 1" }, { v: 2, after: '1' }, null, { after: 7 }].map((value) =>
      Buffer.from(JSON.stringify(value)).toString('base64url'),
    );
    for (const token of ['', 'x', '%00', ...HOSTILE_TEXTS, ...forged])
      await expect(log.query({}, 5, token)).rejects.toThrow(InvalidLogQueryError);
    await expect(log.query({ after: 'yesterday' }, 5)).rejects.toThrow(InvalidLogQueryError);
  });

  test('hostile ids, codes and names find their own entry and no other', async () => {
    const log = await make();
    const keys = HOSTILE_TEXTS.filter((text) => text.trim() !== '');
    for (const [n, text] of keys.entries()) {
      await log.record(
        logEntry(`y${n}`, `c${n}`, {
          sourceId: `s${text}`,
          targetId: text,
          name: `n${text}`,
          status: 'failure',
          errorCode: text,
        }),
      );
    }
    for (const [n, text] of keys.entries()) {
      expect(await changes(log, { sourceId: `s${text}` })).toEqual([`c${n}`]);
      expect(await changes(log, { targetId: text })).toEqual([`c${n}`]);
      expect(await changes(log, { name: `n${text}` })).toEqual([`c${n}`]);
      expect(await changes(log, { errorCode: text })).toEqual([`c${n}`]);
    }
  });

  test('purge removes what is older, from every side, and keeps the rest', async () => {
    const log = await make();
    for (const n of [1, 2, 3, 4])
      await log.record(logEntry(n < 3 ? 'old' : 'new', `c${n}`, { at: at(n), status: 'failure', errorCode: 'X' }));
    let removed = 0;
    for (let count = await log.purge(new Date(at(3))); count > 0; count = await log.purge(new Date(at(3)))) removed += count;
    expect(removed).toBe(2);
    for (const query of [
      {},
      { statuses: ['failure'] },
      { errorCode: 'X' },
      { name: 'name' },
      { sourceId: 'source' },
    ] as LogQuery[]) {
      expect(await changes(log, query)).toEqual(['c4', 'c3']);
    }
    expect(await log.read('old', 'c1')).toBeUndefined();
    expect((await log.counts('old')).total).toBe(0);
    expect((await log.counts('new')).total).toBe(2);
  });
});
