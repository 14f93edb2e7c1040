import type { SourceValue } from '../../src/core/expression/values';
import { type CompiledFilter, compileFilter, evaluateFilter, type FilterOutcome, type Tristate } from '../../src/core/filter';
import { type AttributeShape, impossibleParts } from '../../src/core/filter/impossible';
import { operators } from '../../src/core/filter/operators';

interface Clause {
  sourceOperandName?: unknown;
  operatorName?: unknown;
  targetOperand?: unknown;
}

const clause = (sourceOperandName: string, operatorName: string, ...values: unknown[]): Clause => ({
  sourceOperandName,
  operatorName,
  targetOperand: { values },
});
const filterOf = (...groups: Clause[][]) => ({ groups: groups.map((clauses) => ({ name: 'a group', clauses })) });

function compiled(filter: unknown): CompiledFilter {
  const result = compileFilter(filter);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.filter;
}

function decide(filter: unknown, attributes: Record<string, SourceValue>, memberships?: Record<string, Tristate>): FilterOutcome {
  return evaluateFilter(compiled(filter), {
    attribute: (name) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
    ...(memberships === undefined ? {} : { isMemberOf: (id: string) => memberships[id] ?? false }),
  });
}

const sales = '11111111-1111-1111-1111-111111111111';
const support = '22222222-2222-2222-2222-22222222222a';

describe('operators', () => {
  it.each<[string, unknown[], SourceValue, boolean]>([
    ['&', ['Sales,Marketing'], 'Sales', true],
    ['&', ['Sales,Marketing'], 'sales', false],
    ['&', ['Sales,Marketing'], 'Support', false],
    ['!&', ['Sales,Marketing'], 'Support', true],
    ['!&', ['Sales,Marketing'], 'Sales', false],
    ['ENDS_WITH', ['@contoso.com'], 'ann@contoso.com', true],
    ['ENDS_WITH', ['@contoso.com'], 'ann@CONTOSO.com', false],
    ['EQUALS', ['Sales'], 'Sales', true],
    ['EQUALS', ['Sales'], 'sales', false],
    ['EQUALS', ['Sales', 'Support'], 'Support', true],
    ['EQUALS', ['True'], true, true],
    ['EQUALS', [true], true, true],
    ['EQUALS', [7], 7, true],
    ['NOT EQUALS', ['Sales'], 'Support', true],
    ['NOT EQUALS', ['Sales', 'Support'], 'Support', false],
    ['Greater_Than', ['10'], '11', true],
    ['Greater_Than', ['10'], 10, false],
    ['Greater_Than', ['10'], '9', false],
    ['Greater_Than', ['10'], 'eleven', false],
    ['Greater_Than', ['10'], '10.5', false],
    ['Greater_Than', ['9007199254740992'], '9007199254740993', true],
    ['Greater_Than_OR_EQUALS', ['10'], '10', true],
    ['LESS_THAN', ['10'], '-5', true],
    ['LESS_THAN', ['10'], '10', false],
    ['LESS_THAN_OR_EQUALS', ['10'], '10', true],
    ['Includes', ['ale'], 'Sales', true],
    ['Includes', ['ALE'], 'Sales', false],
    ['IS TRUE', [], true, true],
    ['IS TRUE', [], 'True', true],
    ['IS TRUE', [], false, false],
    ['IS FALSE', [], false, true],
    ['IS FALSE', [], 'anything', false],
    ['IS NULL', [], null, true],
    ['IS NULL', [], '', true],
    ['IS NULL', [], [], true],
    ['IS NULL', [], 'x', false],
    ['IS NOT NULL', [], 'x', true],
    ['REGEX MATCH', ['([1-9][0-9])'], 'room 42', true],
    ['REGEX MATCH', ['^[1-9][0-9]$'], 'room 42', false],
    ['REGEX MATCH', ['.*\\@domain.com'], 'ann@domain.com', true],
    ['REGEX MATCH', ['(1[0-9][0-9][0-9][0-9][0-9][0-9])'], '1234567', true],
    ['REGEX MATCH', ['SALES'], 'sales', false],
    ['NOT REGEX MATCH', ['.*\\@domain.com'], 'ann@other.com', true],
    ['NOT REGEX MATCH', ['.*\\@domain.com'], 'ann@domain.com', false],
    ['STARTS WITH', ['Sa'], 'Sales', true],
    ['STARTS WITH', ['sa'], 'Sales', false],
    ['EQUALS (ignore case)', ['SALES'], 'sales', true],
    ['BEFORE', ['2026-02-01'], '2026-01-31T23:00:00Z', true],
    ['BEFORE', ['2026-02-01'], '2026-02-01', false],
    ['AFTER', ['2026-02-01'], '2026-02-01T00:00:01Z', true],
    ['AFTER', ['2026-02-01'], 'tomorrow', false],
    // Lists: any element for positive operators, none for negative ones.
    ['EQUALS', ['b'], ['a', 'b'], true],
    ['NOT EQUALS', ['b'], ['a', 'b'], false],
    ['NOT EQUALS', ['c'], ['a', 'b'], true],
    // Names are compared without case, blanks and underscores.
    ['equals', ['x'], 'x', true],
    ['NotEquals', ['x'], 'y', true],
    ['greater than or equals', ['1'], '1', true],
    ['is_not_null', [], 'x', true],
    ['Ends With', ['x'], 'ax', true],
    ['includes', ['x'], 'axa', true],
    ['EqualsIgnoreCase', ['x'], 'X', true],
  ])('%s %j on %j is %s', (operatorName, values, value, expected) => {
    expect(decide(filterOf([clause('a', operatorName, ...values)]), { a: value }).inScope).toBe(expected);
  });

  const valueFor = (name: string): string => (/THAN/i.test(name) ? '5' : '2026-01-01');
  const compared = operators.filter(({ kind }) => kind !== 'membership').map(({ name }) => name);
  it.each(compared)('%s is out for no value and empty text, and only IS NULL is in', (name) => {
    for (const empty of [null, undefined, '', [] as string[], ['']]) {
      expect(decide(filterOf([clause('a', name, valueFor(name))]), { a: empty }).inScope).toBe(name === 'IS NULL');
    }
  });
});

describe('values that are too large to look at', () => {
  it.each(['EQUALS', 'NOT EQUALS', 'REGEX MATCH', 'NOT REGEX MATCH'])(
    '%s is not known, so nobody loses access over it',
    (name) => {
      expect(decide(filterOf([clause('a', name, 'x')]), { a: 'y'.repeat(65_537) }).inScope).toBe('unknown');
    },
  );

  it('a costly pattern on a long value is not known, on a usual one it is decided', () => {
    const filter = filterOf([clause('a', 'REGEX MATCH', '(?:(?:x?){1000}|(?:a|b|x){1,900})z$')]);
    expect(decide(filter, { a: 'xyéb'.repeat(15_000) }).inScope).toBe('unknown');
    expect(decide(filter, { a: 'xyébz' }).inScope).toBe(true);
  });
});

describe('groups and clauses', () => {
  it.each([null, undefined, {}, { groups: null }, { groups: [] }])('%j means everybody', (filter) => {
    expect(decide(filter, {})).toEqual({ inScope: true, clauses: [] });
  });

  it('joins clauses by AND and groups by OR, and says how each clause came out', () => {
    const filter = filterOf(
      [clause('department', 'EQUALS', 'Sales'), clause('country', 'EQUALS', 'US', 'CA')],
      [clause('jobTitle', 'IS NOT NULL')],
    );
    expect(decide(filter, { department: 'Sales', country: 'CA' }).inScope).toBe(true);
    expect(decide(filter, { department: 'Sales', country: 'FR', jobTitle: 'x' }).inScope).toBe(true);
    expect(decide(filter, { department: 'Marketing', country: 'FR' })).toEqual({
      inScope: false,
      clauses: [
        { groupIndex: 0, clauseIndex: 0, result: false, reason: 'department EQUALS "Sales": value is "Marketing"' },
        { groupIndex: 0, clauseIndex: 1, result: false, reason: 'country EQUALS "US" or "CA": value is "FR"' },
        { groupIndex: 1, clauseIndex: 0, result: false, reason: 'jobTitle IS NOT NULL: value is empty' },
      ],
    });
  });

  it('keeps reasons short and on one line, whatever the value holds', () => {
    const [outcome] = decide(filterOf([clause('a', 'EQUALS', 'x')]), { a: `${'y'.repeat(5_000)}\n` }).clauses;
    expect(outcome?.reason.length).toBeLessThan(160);
    const [list] = decide(filterOf([clause('a', 'EQUALS', 'x')]), { a: ['a\nb', '2', '3', '4', '5', '6', '7'] }).clauses;
    expect(list?.reason).toBe('a EQUALS "x": values are "a\\nb", "2", "3", "4", "5" and 2 more');
  });

  it('says what it needs', () => {
    const filter = compiled(
      filterOf([clause('a', 'EQUALS', 'x'), clause('', 'IS MEMBER OF', sales.toUpperCase())], [clause('a', 'IS NULL')]),
    );
    expect(filter).toMatchObject({ attributes: ['a'], groupIds: [sales] });
    expect(compiled(filterOf([clause('id', 'IS NOT MEMBER OF', support.toUpperCase(), support)])).groupIds).toEqual([support]);
  });
});

describe('membership', () => {
  const isMember = filterOf([clause('', 'IS MEMBER OF', sales, support)]);
  const isNoMember = filterOf([clause('', 'IS NOT MEMBER OF', sales, support)]);

  it.each<[Tristate, Tristate, Tristate]>([
    [true, false, true],
    [true, 'unknown', true],
    [false, false, false],
    [false, 'unknown', 'unknown'],
    ['unknown', 'unknown', 'unknown'],
  ])('member of one: %s, of the other: %s, of any: %s', (first, second, expected) => {
    const memberships = { [sales]: first, [support]: second };
    expect(decide(isMember, {}, memberships).inScope).toBe(expected);
    expect(decide(isNoMember, {}, memberships).inScope).toBe(expected === 'unknown' ? 'unknown' : !expected);
  });

  it('is not known when nobody can be asked', () => {
    expect(decide(isMember, {})).toMatchObject({
      inScope: 'unknown',
      clauses: [{ result: 'unknown', reason: expect.stringContaining('not known') }],
    });
  });

  it('unknown yields to a false clause of the same group and to a true group', () => {
    const unknown = clause('', 'IS MEMBER OF', sales);
    const a = { a: 'x' };
    expect(decide(filterOf([unknown, clause('a', 'EQUALS', 'y')]), a).inScope).toBe(false);
    expect(decide(filterOf([unknown, clause('a', 'EQUALS', 'x')]), a).inScope).toBe('unknown');
    expect(decide(filterOf([unknown], [clause('a', 'EQUALS', 'x')]), a).inScope).toBe(true);
    expect(decide(filterOf([unknown], [clause('a', 'EQUALS', 'y')]), a).inScope).toBe('unknown');
  });
});

describe('problems', () => {
  it('are reported all together with their paths', () => {
    const result = compileFilter({
      groups: [
        {
          clauses: [
            clause('a', 'EQUAL', 'x'),
            clause('a', 'EQUALS'),
            clause('', 'IS NULL'),
            clause('a', 'Greater_Than', '1', 'x'),
          ],
        },
        { clauses: [] },
        { name: 'nothing' },
        {
          clauses: [
            clause('a', 'REGEX MATCH', '(?=x)'),
            clause('a', 'IS MEMBER OF', 'Sales'),
            clause('a', 'AFTER', 'soon'),
            'text',
          ],
        },
        { clauses: [clause('a', 'EQUALS', ''), clause('a', 'EQUALS', { x: 1 }), { sourceOperandName: 'a' }] },
      ],
    });
    expect(result.ok).toBe(false);
    const problems = result.ok ? [] : result.problems;
    expect(problems.map(({ path }) => path)).toEqual([
      'groups[0].clauses[0].operatorName',
      'groups[0].clauses[1].targetOperand.values',
      'groups[0].clauses[2].sourceOperandName',
      'groups[0].clauses[3].targetOperand.values[1]',
      'groups[1].clauses',
      'groups[2].clauses',
      'groups[3].clauses[0].targetOperand.values[0]',
      'groups[3].clauses[1].targetOperand.values[0]',
      'groups[3].clauses[2].targetOperand.values[0]',
      'groups[3].clauses[3]',
      'groups[4].clauses[0].targetOperand.values[0]',
      'groups[4].clauses[1].targetOperand.values[0]',
      'groups[4].clauses[2].operatorName',
    ]);
    expect(problems[0]?.message).toContain('did you mean `EQUALS`?');
  });

  it.each(['text', 7, [], true, { groups: {} }, { groups: [null] }, { groups: [{ clauses: 'x' }] }])(
    '%j is refused, not thrown at',
    (filter) => {
      expect(compileFilter(filter).ok).toBe(false);
    },
  );

  it('takes nothing from a prototype', () => {
    const inherited = Object.create({ groups: [{ clauses: [clause('a', 'EQUALS', 'x')] }] }) as unknown;
    expect(compiled(inherited).groups).toEqual([]);
    expect(compileFilter(JSON.parse('{"groups":[{"__proto__":{"clauses":[1]}}]}')).ok).toBe(false);
  });

  it('names experimental parts as left out', () => {
    const result = compileFilter({ groups: [], inputFilterGroups: [{}], categoryFilterGroups: [] });
    expect(result).toMatchObject({ ok: true, remarks: [{ path: 'inputFilterGroups' }] });
  });
});

describe('what the field writes', () => {
  it.each<[operatorName: string, values: unknown[], value: SourceValue, expected: boolean]>([
    ['EQUALS', ['true'], true, true],
    ['EQUALS', ['TRUE'], true, true],
    ['EQUALS', ['false'], false, true],
    ['EQUALS', ['false'], true, false],
    ['NOT EQUALS', ['true'], true, false],
    ['NOT EQUALS', ['true'], false, true],
    ['EQUALS', ['true', 'x'], true, true],
    // Texts keep their case.
    ['EQUALS', ['true'], 'TRUE', false],
    ['EQUALS', ['true'], 'true', true],
  ])('a Boolean is compared without case: %s %j on %j is %s', (operatorName, values, value, expected) => {
    expect(decide(filterOf([clause('accountEnabled', operatorName, ...values)]), { accountEnabled: value }).inScope).toBe(
      expected,
    );
  });

  it.each([
    ['Present', 'use `IS NOT NULL`'],
    ['Valid Cert Match', 'use `IS NOT NULL` (certificates are not read'],
    ['Contains', 'use `Includes`'],
    ['-eq', 'use `EQUALS`'],
    ['!=', 'use `NOT EQUALS`'],
    ['Not Contains', 'use `NOT REGEX MATCH`'],
    ['is empty', 'use `IS NULL`'],
    ['pr', 'use `IS NOT NULL`'],
    ['EQUALZ', 'did you mean `EQUALS`?'],
    ['NOT\u200bREGEX\u200bMATCH', 'U+200B ZERO WIDTH SPACE'],
  ])('the operator %s is refused with what to write', (operatorName, advice) => {
    const result = compileFilter(filterOf([clause('a', operatorName, 'x')]));
    expect(result).toMatchObject({ ok: false, problems: [{ message: expect.stringContaining(advice) }] });
  });

  it('a look-ahead is refused with NOT REGEX MATCH', () => {
    const result = compileFilter(filterOf([clause('mail', 'REGEX MATCH', '^(?!.*@contoso\\.com$).*$')]));
    expect(result).toMatchObject({ ok: false, problems: [{ message: expect.stringContaining('use NOT REGEX MATCH') }] });
  });

  it('a value with a character that cannot be seen is mentioned', () => {
    const result = compileFilter(filterOf([clause('department', 'EQUALS', 'Service\u00a0Desk')]));
    expect(result).toMatchObject({
      ok: true,
      remarks: [
        {
          path: 'groups[0].clauses[0].targetOperand.values[0]',
          message: expect.stringContaining('U+00A0 NO-BREAK SPACE at position 8'),
        },
      ],
    });
  });
});

describe('filters that can match nobody', () => {
  const shapes: Readonly<Record<string, AttributeShape>> = {
    accountEnabled: 'boolean',
    department: 'text',
    proxyAddresses: 'list',
    extensionAttribute1: 'free',
  };
  const partsOf = (...groups: Clause[][]) =>
    impossibleParts(compiled(filterOf(...groups)), (name) => shapes[name] ?? 'unknown').map(({ message }) => message);

  it.each<[Clause[], RegExp]>([
    [[clause('accountEnabled', 'EQUALS', 'Enabled')], /never "Enabled"/],
    [[clause('accountEnabled', 'EQUALS', '1')], /never "1"/],
    [[clause('accountEnabled', 'Greater_Than', '0')], /cannot be compared with Greater_Than/],
    [[clause('department', 'IS TRUE')], /a text, never True or False/],
    [[clause('department', 'EQUALS', 'a'), clause('department', 'EQUALS', 'b')], /both EQUALS and EQUALS/],
    [[clause('department', 'EQUALS', 'a'), clause('department', 'NOT EQUALS', 'a', 'b')], /both EQUALS and NOT EQUALS/],
    [[clause('department', 'STARTS WITH', 'a'), clause('department', 'EQUALS', 'b')], /both STARTS WITH and EQUALS/],
    [[clause('department', 'IS NULL'), clause('department', 'EQUALS', 'b')], /both IS NULL and EQUALS/],
    [[clause('proxyAddresses', 'IS NOT NULL'), clause('proxyAddresses', 'IS NULL')], /both IS NOT NULL and IS NULL/],
    [[clause('accountEnabled', 'IS TRUE'), clause('accountEnabled', 'IS FALSE')], /both IS TRUE and IS FALSE/],
    [[clause('department', 'Greater_Than', '5'), clause('department', 'LESS_THAN', '6')], /both Greater_Than and LESS_THAN/],
    [[clause('department', 'AFTER', '2026-02-01'), clause('department', 'BEFORE', '2026-01-01')], /both AFTER and BEFORE/],
  ])('%j', (group, reason) => {
    expect(partsOf(group)).toEqual([expect.stringMatching(reason), 'the filter matches nobody: everybody falls out of scope']);
    // Beside a group that somebody can pass, only the group is named.
    expect(partsOf(group, [clause('department', 'IS NOT NULL')])).toEqual([expect.stringMatching(reason)]);
  });

  it.each<[Clause[]]>([
    [[clause('accountEnabled', 'EQUALS', 'true')]],
    [[clause('accountEnabled', 'EQUALS', 'FALSE', 'x')]],
    [[clause('accountEnabled', 'EQUALS', 'true'), clause('accountEnabled', 'IS TRUE')]],
    [[clause('extensionAttribute1', 'IS TRUE')]],
    [[clause('extensionAttribute1', 'EQUALS', 'a'), clause('extensionAttribute1', 'EQUALS', 'b')]],
    [[clause('proxyAddresses', 'EQUALS', 'a'), clause('proxyAddresses', 'EQUALS', 'b')]],
    [[clause('department', 'EQUALS', 'a', 'b'), clause('department', 'NOT EQUALS', 'a')]],
    [[clause('department', 'Greater_Than_OR_EQUALS', '5'), clause('department', 'LESS_THAN_OR_EQUALS', '5')]],
    [[clause('department', 'AFTER', '2026-01-01'), clause('department', 'BEFORE', '2026-02-01')]],
    [[clause('department', 'EQUALS', 'a'), clause('', 'IS MEMBER OF', sales)]],
  ])('%j is left alone', (group) => {
    expect(partsOf(group)).toEqual([]);
  });
});
