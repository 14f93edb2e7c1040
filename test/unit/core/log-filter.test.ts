import { factsOf, matchesFacts, matchesFilter } from '../../../src/core/log-filter/match';
import { parseLogFilter } from '../../../src/core/log-filter/parse';
import { LOG_PROPERTIES, LOG_PROPERTY_NAMES } from '../../../src/core/log-filter/properties';
import { narrow } from '../../../src/engine/queries/log-query';
import { type LogEntryOptions, logEntry } from '../../contract/storage/log-entry';

const filterOf = (filter: string) => {
  const parsed = parseLogFilter(filter);
  if (!parsed.ok) throw new Error(`${parsed.problem.offset}: ${parsed.problem.message}`);
  return parsed.filter;
};
const problemOf = (filter: string) => {
  const parsed = parseLogFilter(filter);
  if (parsed.ok) throw new Error('It was read');
  return parsed.problem;
};
/** Decided on the entry and on its facts alike. */
function matches(text: string, options: LogEntryOptions = {}): boolean {
  const entry = logEntry('Cycle-1', 'change-1', options);
  const filter = filterOf(text);
  const found = matchesFilter(entry, filter);
  if (filter) expect(matchesFacts(factsOf(entry), filter)).toBe(found);
  return found;
}

describe('log filter › holds', () => {
  test.each<[string, boolean, LogEntryOptions?]>([
    ['', true],
    ['   ', true],
    ["cycleId eq 'CYCLE-1'", true],
    ["cycleid eq 'cycle-1'", true],
    ["cycleId eq 'cycle-2'", false],
    ["contains(changeId,'HANGE')", true],
    ["status eq 'FAILURE'", true, { status: 'failure' }],
    ["provisioningStatusInfo/status eq 'failure'", false, { status: 'success' }],
    ["statusInfo/status eq 'skipped'", true, { status: 'skipped' }],
    ["contains(status,'fail')", true, { status: 'failure' }],
    ["action eq 'stageddelete'", true, { action: 'stagedDelete' }],
    ["sourceIdentity/displayName eq 'Ann'", true, { name: 'Ann' }],
    ["sourceIdentity/displayName eq 'ann'", false, { name: 'Ann' }],
    ["contains(sourceIdentity/displayName,'nn O''')", true, { name: "Ann O'Neil" }],
    ["sourceIdentity/id eq 'SRC'", true, { sourceId: 'src' }],
    ["targetIdentity/id eq '7'", true, { targetId: '7' }],
    ["skipReason eq 'redundantexport'", true, { status: 'skipped', skipReason: 'RedundantExport' }],
    ["skipReason eq 'x'", false],
    ["errorCode eq 'DuplicateTargetEntries'", true, { status: 'failure', errorCode: 'DuplicateTargetEntries' }],
    ['durationInMilliseconds gt 11', true],
    ['durationInMilliseconds ge 12 and durationInMilliseconds le 12', true],
    ['durationInMilliseconds lt 12', false],
    ['activityDateTime ge 2026-01-15T10:00:00Z', true],
    ['activityDateTime gt 2026-01-15T10:00:00Z', false],
    ['activityDateTime le 2026-01-15T11:00:00+01:00', true],
    ['activityDateTime lt 2026-01-15T10:00:00.000Z', false],
    ["activityDateTime gt '2026-01-15'", true],
    ["(cycleId eq 'cycle-1') and ((status eq 'success'))", true],
    ["cycleId eq 'cycle-1' and (status eq 'success' and errorCode eq 'x')", false],
    ["status ne 'failure'", true],
    ["status ne 'success'", false],
    ["skipReason ne 'x'", true],
    ['skipReason eq null', true],
    ['errorCode ne null', true, { status: 'failure', errorCode: 'X' }],
    ["status eq 'failure' or status eq 'success'", true],
    ["status eq 'failure' or cycleId eq 'cycle-2'", false],
    ["status eq 'failure' or status eq 'success' and cycleId eq 'cycle-2'", false],
    ["(status eq 'failure' or status eq 'success') and cycleId eq 'cycle-1'", true],
    ["not (status eq 'failure')", true],
    ["not contains(changeId,'change')", false],
    ["not not (status eq 'success')", true],
    ["STATUS EQ 'success' AND NOT (cycleid EQ 'x')", true],
    ["startswith(changeId,'CHANGE')", true],
    ["endswith(changeId,'-1')", true],
    ["endswith(changeId,'-2')", false],
    ["contains(changeId,'x') eq false", true],
    ["startswith(changeId,'change') eq true", true],
    ["contains(tolower(sourceIdentity/displayName),'ANN')", true, { name: 'Joanne Ann' }],
    ["tolower(sourceIdentity/displayName) eq 'ann'", true, { name: 'Ann' }],
    ["toupper(sourceIdentity/displayName) eq 'ANN'", true, { name: 'Ann' }],
    ["sourceIdentity/displayName eq tolower('Ann')", true, { name: 'ANN' }],
    ["startswith(sourceIdentity/displayName,'ann')", false, { name: 'Ann' }],
    ["status eq microsoft.graph.provisioningResult'success'", true],
    ["status ne microsoft.graph.provisioningResult'failure'", true],
    ["status in ('failure','success')", true],
    ["status in ('failure','warning')", false],
    ["initiatedBy/initiatorType eq 'system'", true],
    ["sourceIdentity/identityType eq 'user'", true],
    ['activityDateTime gt 2026-01-14 and activityDateTime lt 2026-01-16', true],
    ["activityDateTime ge datetime'2026-01-15T10:00:00'", true],
    ['activityDateTime ge 2026-01-15T10:00', true],
    ['activityDateTime ne 2026-01-15T10:00:00Z', false],
    ['durationInMilliseconds ne 12', false],
    ["durationInMilliseconds gt '11'", true],
    ["jobId eq 'job' and tenantId eq 'tenant' and id eq 'id-Cycle-1-change-1'", true],
  ])('%s › %s', (filter, expected, options = {}) => {
    expect(matches(filter, options)).toBe(expected);
  });
});

describe('log filter › refusals say what, where and what is allowed', () => {
  test.each<[string, number, RegExp, string]>([
    ["foo eq 'x'", 0, /`foo` is not a property/, 'cycleId'],
    ["cycleId eq 'x' and chnageId eq 'y'", 19, /did you mean `changeId`/, 'changeId'],
    ["cycleId gt 'x'", 8, /`gt` is not an operator for cycleId/, 'contains'],
    ["status eq 'failed'", 10, /never 'failed'/, 'failure'],
    ["cycleId eq 'x' xor cycleId eq 'y'", 15, /expected `and`, `or` or the end and found `xor`/, 'or'],
    ["(cycleId eq 'x' xor", 16, /expected `and`, `or` or `\)`/, ')'],
    ["startwith(cycleId,'x')", 0, /not a function of this log; did you mean `startswith`/, 'contains'],
    ["contains(cycleId,'x') eq 1", 22, /only `eq true` or `eq false`/, 'eq true'],
    ["cycleId like 'x'", 8, /expected an operator and found `like`/, 'eq'],
    ['status eq failure', 10, /expected text in single quotes and found `failure`/, 'failure'],
    ["contains(activityDateTime,'x')", 0, /`contains` cannot be used/, 'ge'],
  ])('%s', (filter, offset, message, allowed) => {
    const problem = problemOf(filter);
    expect(problem.offset).toBe(offset);
    expect(problem.message).toMatch(message);
    expect(problem.allowed).toContain(allowed);
  });

  test.each<[string, number]>([
    ['cycleId', 7],
    ["contains('x')", 0],
    ["tolower(cycleId,'x') eq 'y'", 0],
    ['not', 3],
    ["status in 'failure'", 10],
    ["status in ('failure'", 20],
    ['cycleId eq', 10],
    ['cycleId eq x', 11],
    ["cycleId eq 'x", 11],
    ["(cycleId eq 'x'", 15],
    ["cycleId eq 'x')", 14],
    ["cycleId eq 'x' status eq 'failure'", 15],
    ["contains(cycleId 'x')", 17],
    ['activityDateTime gt yesterday', 20],
    ['activityDateTime gt 2026-99-99T00:00:00Z', 20],
    ['durationInMilliseconds eq 1.5', 26],
    ["cycleId eq 'x' and", 18],
    ['"cycleId" eq 1', 0],
    ['()', 1],
  ])('%s › at %d', (filter, offset) => {
    expect(problemOf(filter).offset).toBe(offset);
  });

  test('deep nesting and long texts end in a refusal, not in a crash', () => {
    expect(problemOf(`${'('.repeat(1_900)}cycleId eq 'x'${')'.repeat(1_900)}`).message).toMatch(/nested deeper/);
    expect(problemOf(`${'not '.repeat(900)}cycleId eq 'x'`).message).toMatch(/nested deeper/);
    expect(problemOf(`cycleId eq '${'x'.repeat(5_000)}'`).message).toMatch(/longer than/);
  });
});

test('log filter › every listed name can be asked for, in any case', () => {
  for (const name of LOG_PROPERTY_NAMES) {
    const kind = LOG_PROPERTIES.find((property) => property.name === name)?.kind;
    const value = kind === 'instant' ? '2026-01-01' : kind === 'number' ? '1' : undefined;
    const known = LOG_PROPERTIES.find((property) => property.name === name)?.values?.[0];
    const text = known ?? (/action/.test(name) ? 'create' : 'success');
    expect(filterOf(`${name.toUpperCase()} eq ${value ?? `'${text}'`}`)).toMatchObject({ kind: 'comparison', operator: 'eq' });
  }
});

describe('log filter › narrows to what the log has keys for', () => {
  const narrowed = (text: string, from: Parameters<typeof narrow>[1] = {}) => {
    const query = narrow(filterOf(text), from);
    if (query === 'nothing') return query;
    const { filter, ...keys } = query;
    expect(filter).toBeDefined();
    return keys;
  };

  test.each<[string, unknown]>([
    ["cycleId eq 'a' and status eq 'failure'", { cycleId: 'a', statuses: ['failure'] }],
    ["contains(status,'s')", { statuses: ['success', 'skipped'] }],
    ["status ne 'skipped'", { statuses: ['success', 'warning', 'failure'] }],
    ["not (status eq 'success' or status eq 'skipped')", { statuses: ['warning', 'failure'] }],
    ["(status eq 'failure' or status eq 'warning') and cycleId eq 'a'", { cycleId: 'a', statuses: ['warning', 'failure'] }],
    ["status in ('failure','warning') and status ne 'warning'", { statuses: ['failure'] }],
    ["status eq 'failure' or cycleId eq 'a'", {}],
    ["status eq 'failure' and (cycleId eq 'a' or cycleId eq 'b')", { statuses: ['failure'] }],
    ["not (cycleId eq 'a')", {}],
    ["cycleId ne 'a'", {}],
    ["id eq 'a'", { changeId: 'a' }],
    ["targetIdentity/id eq ''", {}],
    ['skipReason eq null', {}],
    ["sourceIdentity/displayName eq 'A' and targetIdentity/displayName eq 'B'", { name: 'A' }],
    ["contains(targetIdentity/displayName,'b')", { nameContains: 'b' }],
    ["startswith(tolower(sourceIdentity/displayName),'b')", { nameContains: 'b' }],
    // The name ΑΣ is kept as ας, where no σ is.
    ["contains(sourceIdentity/displayName,'Σ')", {}],
    [
      'activityDateTime gt 2026-01-01T00:00:00Z and activityDateTime ge 2025-01-01T00:00:00Z and activityDateTime le 2026-02-01T00:00:00Z',
      { after: '2026-01-01T00:00:00.001Z', before: '2026-02-01T00:00:00.001Z' },
    ],
    [
      '(activityDateTime ge 2026-01-01 and activityDateTime lt 2026-01-02) or (activityDateTime ge 2026-01-05 and activityDateTime lt 2026-01-06)',
      { after: '2026-01-01T00:00:00.000Z', before: '2026-01-06T00:00:00.000Z' },
    ],
    ["activityDateTime ge 2026-01-01 or status eq 'failure'", {}],
    ["cycleId eq 'a' and cycleId eq 'A'", { cycleId: 'a' }],
    ["cycleId eq 'a' and cycleId eq 'b'", 'nothing'],
    ["status eq 'failure' and status eq 'success'", 'nothing'],
    ['activityDateTime lt 2026-01-01 and activityDateTime gt 2026-01-02', 'nothing'],
    ["jobId eq 'x'", {}],
  ])('%s', (filter, query) => {
    expect(narrowed(filter)).toEqual(query);
  });

  test('whose history it is contradicts another id', () => {
    expect(narrowed("sourceIdentity/id eq 'b'", { sourceId: 'a' })).toBe('nothing');
  });
});
