import { matchesClauses } from '../../../src/core/log-filter/match';
import { parseLogFilter } from '../../../src/core/log-filter/parse';
import { LOG_PROPERTIES, LOG_PROPERTY_NAMES } from '../../../src/core/log-filter/properties';
import { narrow } from '../../../src/engine/queries/log-query';
import { type LogEntryOptions, logEntry } from '../../contract/storage/log-entry';

const clausesOf = (filter: string) => {
  const parsed = parseLogFilter(filter);
  if (!parsed.ok) throw new Error(`${parsed.problem.offset}: ${parsed.problem.message}`);
  return parsed.clauses;
};
const problemOf = (filter: string) => {
  const parsed = parseLogFilter(filter);
  if (parsed.ok) throw new Error('It was read');
  return parsed.problem;
};
const matches = (filter: string, options: LogEntryOptions = {}): boolean =>
  matchesClauses(logEntry('Cycle-1', 'change-1', options), clausesOf(filter));

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
    ["jobId eq 'job' and tenantId eq 'tenant' and id eq 'id-Cycle-1-change-1'", true],
  ])('%s › %s', (filter, expected, options = {}) => {
    expect(matches(filter, options)).toBe(expected);
  });
});

describe('log filter › refusals say what, where and what is allowed', () => {
  test.each<[string, number, RegExp, string]>([
    ["foo eq 'x'", 0, /`foo` is no property/, 'cycleId'],
    ["cycleId eq 'x' and chnageId eq 'y'", 19, /did you mean `changeId`/, 'changeId'],
    ["cycleId ne 'x'", 8, /`ne` is no operator/, 'eq'],
    ["cycleId gt 'x'", 8, /`gt` is no operator that cycleId/, 'contains'],
    ["status eq 'failed'", 10, /never 'failed'/, 'failure'],
    ["cycleId eq 'x' or cycleId eq 'y'", 15, /`or` is not supported/, 'and'],
    ["not (cycleId eq 'x')", 0, /`not` is not supported/, 'eq'],
    ["startswith(cycleId,'x')", 0, /no function/, 'contains'],
    ["contains(activityDateTime,'x')", 0, /`contains` cannot be asked/, 'ge'],
  ])('%s', (filter, offset, message, allowed) => {
    const problem = problemOf(filter);
    expect(problem.offset).toBe(offset);
    expect(problem.message).toMatch(message);
    expect(problem.allowed).toContain(allowed);
  });

  test.each<[string, number]>([
    ['cycleId', 7],
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
    expect(problemOf(`cycleId eq '${'x'.repeat(5_000)}'`).message).toMatch(/longer than/);
  });
});

test('log filter › every listed name can be asked for, in any case', () => {
  for (const name of LOG_PROPERTY_NAMES) {
    const kind = LOG_PROPERTIES.find((property) => property.name === name)?.kind;
    const value = kind === 'instant' ? '2026-01-01' : kind === 'number' ? '1' : undefined;
    const values = clausesOf(
      `${name.toUpperCase()} ${value ? `eq ${value}` : "eq 'success'"}`.replace(
        /(ACTION|TYPE) eq 'success'/,
        (_, end) => `${end} eq '${end === 'TYPE' ? 'user' : 'create'}'`,
      ),
    );
    expect(values).toHaveLength(1);
  }
});

describe('log filter › narrows to what the log has keys for', () => {
  test.each<[string, unknown]>([
    ["cycleId eq 'a' and status eq 'failure'", { cycleId: 'a', statuses: ['failure'] }],
    ["contains(status,'s')", { statuses: ['success', 'skipped'] }],
    ["id eq 'a'", { changeId: 'a' }],
    ["targetIdentity/id eq ''", {}],
    ["sourceIdentity/displayName eq 'A' and targetIdentity/displayName eq 'B'", { name: 'A' }],
    ["contains(targetIdentity/displayName,'b')", { nameContains: 'b' }],
    [
      'activityDateTime gt 2026-01-01T00:00:00Z and activityDateTime ge 2025-01-01T00:00:00Z and activityDateTime le 2026-02-01T00:00:00Z',
      { after: '2026-01-01T00:00:00.001Z', before: '2026-02-01T00:00:00.001Z' },
    ],
    ["cycleId eq 'a' and cycleId eq 'A'", { cycleId: 'a' }],
    ["cycleId eq 'a' and cycleId eq 'b'", 'nothing'],
    ["status eq 'failure' and status eq 'success'", 'nothing'],
    ['activityDateTime lt 2026-01-01 and activityDateTime gt 2026-01-02', 'nothing'],
    ["jobId eq 'x'", {}],
  ])('%s', (filter, query) => {
    expect(narrow(clausesOf(filter))).toEqual(query);
  });

  test('whose history it is contradicts another id', () => {
    expect(narrow(clausesOf("sourceIdentity/id eq 'b'"), { sourceId: 'a' })).toBe('nothing');
  });
});
