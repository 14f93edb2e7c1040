import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mapsMembers, mapUser } from '../../src/core/map';
import type { SchemaProblem } from '../../src/core/schema/model';
import { readSchema } from '../../src/core/schema/read';
import { targetNeeds } from '../../src/engine/import/schema-needs';
import { aMappingInput, aSchemaFile, mapTo } from '../builders/schema';

const fixture = (name: string): string => readFileSync(join(__dirname, '../fixtures', name), 'utf8');

function problemsOf(text: string): readonly SchemaProblem[] {
  const result = readSchema(text);
  return result.ok ? [] : result.problems;
}

function loaded(text: string) {
  const result = readSchema(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  return result;
}

describe('schema › JSON', () => {
  it.each([
    ['', /empty/],
    ['   \n', /empty/],
    ['{"a": 1,}', /line 1, column 9/],
    ['{\n  "a": tru\n}', /line 2, column 8/],
    ['{\n  // why\n}', /Comment at line 2, column 3.*no comments/],
    ['{ /* why */ }', /Comment at line 1, column 3/],
    ['{"a": "open', /line 1/],
    ['[]', /must be an object/i],
    ['null', /must be an object/i],
    [`${'['.repeat(100_000)}`, /Nested deeper/],
    ['{}', /synchronization rule/],
  ])('%j is refused with a reason', (text, reason) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.problem).toMatch(reason);
  });

  it('a name that stands twice in one object is refused, because the second would win in silence', () => {
    const problems = problemsOf('{"synchronizationRules": [], "synchronizationRules": []}');
    expect(problems).toEqual([
      { path: 'synchronizationRules', problem: 'The name occurs twice in one object', line: 1, column: 30 },
    ]);
  });

  it('a byte order mark is no fault', () => {
    expect(readSchema(`\uFEFF${aSchemaFile()}`).ok).toBe(true);
  });

  it('an address in a message is where the value stands', () => {
    const text = JSON.stringify(JSON.parse(aSchemaFile([mapTo('shoe_size', '[city]')])), null, 2);
    const [problem] = problemsOf(text);
    const line = text.split('\n')[(problem?.line ?? 0) - 1] ?? '';
    expect(line.slice((problem?.column ?? 0) - 1)).toMatch(/^"shoe_size"/);
  });

  it('__proto__ is an ordinary name', () => {
    const result = loaded(aSchemaFile().replace('{"synchronizationRules"', '{"__proto__": {"x": 1}, "synchronizationRules"'));
    expect(result.ignored.map(({ name }) => name)).toContain('__proto__');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('schema › a portal export', () => {
  const result = loaded(fixture('portal-schema.json'));

  it('loads as it is, with its targets under Zendesk names', () => {
    expect(result.schema.users.mappings.map(({ target }) => target.name)).toEqual([
      'external_id',
      'email',
      'name',
      'suspended',
      'role',
      'custom_role_id',
      'phone',
      'time_zone',
      'locale',
      'details',
      'user_fields.employee_id',
    ]);
    expect(result.schema.groups && mapsMembers(result.schema.groups)).toBe(true);
  });

  it('names what it does not use, each thing once', () => {
    const names = result.ignored.map(({ name, reason }) => `${name}: ${reason}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.join('\n')).toMatch(/directories "Azure Active Directory", "Zendesk"/);
    expect(names.join('\n')).toMatch(/metadata EscrowBehavior: .*\(2 times\)/);
    expect(names.join('\n')).toMatch(/object mapping "ServicePrincipal\.AppRole"/);
    expect(names.join('\n')).toMatch(/IsActive: .*opposite of suspended/);
    expect(names.join('\n')).toMatch(/containerFilter: Belongs to on-premises/);
  });

  it.each([
    [true, true],
    [false, false],
  ])('IsActive ← Not([IsSoftDeleted]) with IsSoftDeleted %s makes suspended %s', (isSoftDeleted, suspended) => {
    const desired = mapUser(aMappingInput({ isSoftDeleted }), result.schema.users);
    expect(desired.values.get('suspended')?.value).toBe(suspended);
  });

  it('rebuilds an expression from its parameters, at the places their keys name', () => {
    const phone = result.schema.users.mappings.find(({ target }) => target.name === 'phone');
    expect(phone?.text).toBe('Replace([telephoneNumber], " ", , , "")');
  });

  it('reads the scope filter', () => {
    expect(result.schema.users.scope?.groups.map((group) => group.map((clause) => clause.attribute))).toEqual([
      ['country', 'department'],
    ]);
    expect(result.schema.users.sourceAttributes).toEqual(expect.arrayContaining(['country', 'department']));
  });
});

describe('schema › a broken file', () => {
  const problems = problemsOf(fixture('broken-schema.json'));
  const all = problems.map(({ path, problem }) => `${path}: ${problem}`).join('\n');

  it.each([
    ['unknown operator', /scope\.groups\[1\]\.clauses\[0\]\.operatorName: .*SOUNDS LIKE/],
    ['a filter group without clauses', /scope\.groups\[0\]\.clauses: must contain at least one clause/],
    ['unknown attribute in a filter', /clauses\[1\]\.sourceOperandName: .*departmnt.*department/],
    ['unknown function', /attributeMappings\[4\].*Joinn.*did you mean `Join`.*column 1/],
    ['syntax error with its column', /attributeMappings\[5\]\.source\.expression: .*column 28/],
    ['target attribute that Zendesk lacks', /attributeMappings\[6\]\.targetAttributeName: .*shoe_size/],
    ['two mappings for one target', /attributeMappings\[2\]\.targetAttributeName: Two mappings for email/],
    ['two mappings for one target by an alias', /attributeMappings\[3\]\.targetAttributeName: Two mappings for email \("Email"/],
    [
      'equal matching priorities',
      /attributeMappings\[1\]\.matchingPriority: external_id and email both have the matching priority 1/,
    ],
    ['no matching attribute', /objectMappings\[1\]\.attributeMappings: No matching attribute/],
    ['type mismatch of a fixed value', /attributeMappings\[7\]\.source: suspended is True or False/],
    ['type mismatch of a list', /attributeMappings\[8\]\.source: \[businessPhones\] is a list.*Item/],
    ['unknown type of source', /attributeMappings\[9\]\.source\.type: .*Guess/],
    ['unknown flow type', /attributeMappings\[9\]\.flowType: .*Sometimes/],
    ['a priority that is no number', /attributeMappings\[10\]\.matchingPriority: .*"first"/],
    ['clearing what cannot be empty', /attributeMappings\[11\]\.flowNullValues: role cannot be emptied/],
    ['a missing name', /attributeMappings\[12\]\.targetAttributeName: Missing/],
    ['an element that is no object', /attributeMappings\[13\]: Must be an object/],
    ['expression and name that disagree', /attributeMappings\[1\]\.source\.name: .*"mail".*"userPrincipalName"/],
    ['unknown source attribute', /attributeMappings\[0\]\.source\.expression: .*objektId.*\[objectId\]/],
    ['unknown target object action', /flowTypes: .*"Change"/],
    ['a flag that is no Boolean', /objectMappings\[0\]\.enabled: Must be true or false/],
    ['a user that becomes a group', /targetObjectName: A user of Entra ID cannot become a Zendesk group/],
    ['members from a text', /objectMappings\[1\]\.attributeMappings\[1\]\.source: The members/],
  ])('one answer names all its faults: %s', (_, pattern) => {
    expect(all).toMatch(pattern);
  });

  it('says each fault once, in the order of the file, with its place', () => {
    expect(new Set(problems.map(({ path, problem }) => path + problem)).size).toBe(problems.length);
    expect(problems).toHaveLength(24);
    const lines = problems.map(({ line }) => line ?? 0);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
    expect(lines).not.toContain(0);
  });

  it('lists what may stand there', () => {
    expect(problems.find(({ path }) => path.endsWith('[9].flowType'))?.allowed).toEqual([
      'Always',
      'ObjectAddOnly',
      'MultiValueAddOnly',
      'ValueAddOnly',
      'AttributeAddOnly',
    ]);
    expect(problems.find(({ path }) => path.endsWith('[6].targetAttributeName'))?.allowed).toContain('user_fields.<key>');
  });
});

describe('schema › object mappings', () => {
  it('the user mapping cannot be disabled', () => {
    expect(problemsOf(aSchemaFile([], { user: { enabled: false } }))[0]?.problem).toMatch(/cannot be disabled/);
  });

  it('a file without users is refused', () => {
    const text = '{"synchronizationRules":[{"objectMappings":[]}]}';
    expect(problemsOf(text)[0]?.problem).toMatch(/sourceObjectName.*User/);
  });

  it('a group mapping that is absent or disabled means no groups, and a disabled one is said', () => {
    expect(loaded(aSchemaFile()).schema.groups).toBeUndefined();
    const disabled = loaded(aSchemaFile([], { group: { enabled: false, attributeMappings: [] } }));
    expect(disabled.schema.groups).toBeUndefined();
    expect(disabled.ignored.map(({ name }) => name)).toContain('group mapping');
  });

  it.each(['Azure Active Directory', 'Microsoft Entra ID'])('a rule whose target is %s goes back and is not used', (target) => {
    const file = JSON.parse(aSchemaFile());
    const back = { ...file.synchronizationRules[0], sourceDirectoryName: 'Zendesk', targetDirectoryName: target };
    file.synchronizationRules.push(back);
    const { ignored } = loaded(JSON.stringify(file));
    expect(ignored).toEqual([expect.objectContaining({ name: 'rule back to Entra ID', path: 'synchronizationRules[1]' })]);
  });

  it.each([
    ['absent', []],
    ['of type None', [{ targetAttributeName: 'name', source: null }]],
  ])('a name that is %s is refused where accounts may be created', (_, name) => {
    const matching = mapTo('external_id', '[objectId]', { matchingPriority: 1 });
    const read = (flowTypes: string) =>
      readSchema(aSchemaFile([], { user: { flowTypes, attributeMappings: [matching, ...name] } }));
    const refused = read('Add, Update');
    expect(refused.ok ? [] : refused.problems.map(({ problem }) => problem)).toEqual([
      'Zendesk does not create a user without a name: map name, or leave Add out of `flowTypes`',
    ]);
    expect(read('Update, Delete').ok).toBe(true);
  });

  it('a fixed value is understood when name repeats the quotation marks of the expression', () => {
    const source = { type: 'Constant', expression: '"Oslo"', name: '"Oslo"' };
    const { users } = loaded(aSchemaFile([{ targetAttributeName: 'notes', source }])).schema;
    expect(users.mappings.at(-1)?.source).toEqual({ kind: 'constant', value: 'Oslo' });
  });

  it('two enabled mappings of one kind are refused', () => {
    const file = JSON.parse(aSchemaFile());
    file.synchronizationRules[0].objectMappings.push(file.synchronizationRules[0].objectMappings[0]);
    expect(problemsOf(JSON.stringify(file))[0]?.problem).toMatch(/Two enabled object mappings for users/);
  });

  it.each([
    ['Add, Update, Delete', { create: true, update: true, delete: true }],
    ['Add,Update', { create: true, update: true, delete: false }],
    ['update', { create: false, update: true, delete: false }],
    [null, { create: true, update: true, delete: true }],
  ])('flowTypes %j', (flowTypes, actions) => {
    expect(loaded(aSchemaFile([], { user: { flowTypes } })).schema.users.actions).toEqual(actions);
  });

  it.each([[''], [5], ['Add; Update']])('flowTypes %j is refused', (flowTypes) => {
    expect(problemsOf(aSchemaFile([], { user: { flowTypes } }))[0]?.allowed).toEqual(['Add', 'Update', 'Delete']);
  });

  it('the matching list is in the order of the priorities', () => {
    const text = aSchemaFile([
      mapTo('email', '[mail]', { matchingPriority: 3 }),
      mapTo('external_id', '[objectId]', { matchingPriority: 2 }),
      mapTo('phone', '[mobile]', { matchingPriority: 1 }),
    ]);
    expect(loaded(text).schema.users.matching.map(({ target }) => target.name)).toEqual(['phone', 'external_id', 'email']);
  });

  it.each([
    [mapTo('alias', '[mailNickname]', { matchingPriority: 2 }), /cannot look a user up by alias/],
    [mapTo('email', '"a@b.example"', { matchingPriority: 2 }), /fixed value matches everybody or nobody/],
    [mapTo('email', '[mail]', { matchingPriority: -1 }), /0 or a positive whole number/],
    [mapTo('email', '[mail]', { matchingPriority: 1.5 }), /0 or a positive whole number/],
  ])('a matching attribute must be one: %j', (mapping, reason) => {
    expect(problemsOf(aSchemaFile([mapping]))[0]?.problem).toMatch(reason);
  });

  it('asks Graph for what mappings and filter read, under its own names', () => {
    const file = aSchemaFile(
      [
        mapTo('phone', 'Coalesce([telephoneNumber], [mobile])'),
        mapTo('notes', '[manager.displayName]'),
        mapTo('details', '[extensionAttribute3]'),
        mapTo('role', 'SingleAppRoleAssignment([appRoleAssignments])'),
        mapTo('suspended', '[IsSoftDeleted]'),
        mapTo('user_fields.badge', '[extension_0123456789abcdef0123456789abcdef_badge]'),
      ],
      {
        user: {
          scope: {
            groups: [
              {
                clauses: [
                  { sourceOperandName: 'usageLocation', operatorName: 'EQUALS', targetOperand: { values: ['DE'] } },
                  {
                    sourceOperandName: '',
                    operatorName: 'IS MEMBER OF',
                    targetOperand: { values: ['AAAAAAAA-0000-4000-8000-000000000000'] },
                  },
                ],
              },
            ],
          },
        },
      },
    );
    const { users } = loaded(file).schema;
    expect(users.sourceAttributes).toEqual([
      'accountEnabled',
      'businessPhones',
      'displayName',
      'extension_0123456789abcdef0123456789abcdef_badge',
      'id',
      'mail',
      'manager.displayName',
      'manager.id',
      'mobilePhone',
      'onPremisesExtensionAttributes.extensionAttribute3',
      'usageLocation',
      'userPrincipalName',
    ]);
    expect(users.filterGroupIds).toEqual(['aaaaaaaa-0000-4000-8000-000000000000']);
  });

  it.each([['appRoleAssignments'], ['IsSoftDeleted'], ['members']])('a filter cannot ask for %s', (sourceOperandName) => {
    const scope = { groups: [{ clauses: [{ sourceOperandName, operatorName: 'IS NOT NULL' }] }] };
    expect(problemsOf(aSchemaFile([], { user: { scope } }))[0]?.path).toMatch(/sourceOperandName$/);
  });
});

describe('schema › sources', () => {
  it.each([
    [{ type: 'Attribute', name: 'mail' }, '[mail]'],
    [{ expression: '[mail]' }, '[mail]'],
    [{ type: 'Attribute', expression: '[mail]', name: 'mail', parameters: [] }, '[mail]'],
    [{ name: 'mail' }, '[mail]'],
    [{ type: 'Constant', name: 'x"y' }, '"x\\"y"'],
    [{ type: 'Constant', expression: '"x"', name: 'x' }, '"x"'],
    [{ expression: '"x"' }, '"x"'],
    [{ expression: 'ToLower( [mail] )' }, 'ToLower([mail])'],
    [{ type: 'Function', name: 'ToLower', parameters: [{ key: 'source', value: { name: 'mail' } }] }, 'ToLower([mail])'],
    [
      {
        type: 'Function',
        expression: '',
        name: 'Switch',
        parameters: [
          { key: 'source', value: { type: 'Attribute', name: 'country' } },
          { key: 'a', value: { type: 'Constant', name: 'DE' } },
          { key: 'b', value: { type: 'Constant', name: 'Germany' } },
        ],
      },
      'Switch([country], , "DE", "Germany")',
    ],
    [
      {
        type: 'Function',
        name: 'Append',
        parameters: [
          { key: 'suffix', value: { type: 'Constant', name: '!' } },
          {
            key: 'source',
            value: { type: 'Function', name: 'ToUpper', parameters: [{ key: 'source', value: { expression: '[city]' } }] },
          },
        ],
      },
      'Append(ToUpper([city]), "!")',
    ],
  ])('%j is read as %s', (source, text) => {
    const { schema } = loaded(aSchemaFile([{ targetAttributeName: 'notes', source }]));
    expect(schema.users.mappings.find(({ target }) => target.name === 'notes')?.text).toBe(text);
  });

  it.each([
    [{ type: 'Attribute', expression: 'ToLower([mail])' }, /type is Attribute/],
    [{ type: 'Attribute' }, /Missing: the source attribute/],
    [{ type: 'Constant' }, /Missing: the fixed value/],
    [{ type: 'Constant', expression: '[mail]' }, /not text in quotation marks/],
    [{ type: 'Constant', expression: '"a"', name: 'b' }, /make them the same/],
    [{ type: 'Function', expression: 'ToLower([mail])', name: 'ToUpper' }, /make them the same/],
    [{ type: 'Function' }, /Missing: the function/],
    [{ expression: 'ToLower([mial])' }, /no user attribute "mial"; did you mean \[mail\]/],
    [{ expression: '[Mail]' }, /did you mean \[mail\]/],
    [{ expression: '[constructor]' }, /no user attribute "constructor"/],
    [{ expression: '[__proto__]' }, /no user attribute "__proto__"/],
    ['[mail]', /Must be an object or null/],
    [{ expression: 5 }, /Must be text/],
  ])('%j is refused', (source, reason) => {
    expect(problemsOf(aSchemaFile([{ targetAttributeName: 'notes', source }]))[0]?.problem).toMatch(reason);
  });

  it('a value that is new at each evaluation flows at creation only, and that is said', () => {
    const result = loaded(aSchemaFile([mapTo('user_fields.token', 'RandomString(10, 1, 1, 1, 1, "")')]));
    expect(result.schema.users.mappings.find(({ target }) => target.name === 'user_fields.token')?.flowType).toBe(
      'ObjectAddOnly',
    );
    expect(result.ignored.map(({ reason }) => reason).join()).toMatch(/flows at creation only/);
  });
});

describe('schema › targets', () => {
  it.each([
    ['externalId', 'external_id'],
    ['ExternalID', 'external_id'],
    ['emails[type eq "work"].value', 'email'],
    ['userName', 'email'],
    ['phoneNumbers[type eq "work"].value', 'phone'],
    ['Custom_Role_Id', 'custom_role_id'],
    ['TimeZone', 'time_zone'],
    ['userFields.badge', 'user_fields.badge'],
  ])('%s is read as %s and said so', (written, name) => {
    const isId = name === 'external_id';
    const mappings = [mapTo(isId ? 'email' : 'external_id', '[mail]', { matchingPriority: 1 }), mapTo(written, '[employeeId]')];
    const result = readSchema(aSchemaFile([], { user: { attributeMappings: mappings, flowTypes: 'Update' } }));
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    expect(result.schema.users.mappings.map(({ target }) => target.name)).toContain(name);
    expect(result.ignored.map((item) => item.name)).toContain(written);
  });

  it.each([
    ['user_fields.'],
    ['user_fields.__proto__'],
    ['user_fields.a b'],
    ['user_fields'],
    ['__proto__'],
    ['constructor'],
    ['id'],
    ['members'],
  ])('a user has no attribute %s', (name) => {
    expect(problemsOf(aSchemaFile([mapTo(name, '[city]')]))[0]?.problem).toMatch(/A Zendesk user has no attribute/);
  });

  it.each([
    [mapTo('email', '"nobody"'), /not an e-mail address/],
    [mapTo('locale', '"english please"'), /not a locale/],
    [mapTo('external_id', `"${'x'.repeat(256)}"`), /255 characters/],
    [mapTo('suspended', '[department]'), /text and suspended is True or False/],
    [mapTo('email', '[accountEnabled]'), /True or False, which email cannot hold/],
    [mapTo('email', 'Not([mail])'), /True or False, which email cannot hold/],
    [mapTo('alias', 'Split([department], ",")'), /is a list/],
    [mapTo('role', '[appRoleAssignments]'), /take one with SingleAppRoleAssignment/],
    [mapTo('suspended', '[IsSoftDeleted]', { defaultValue: 'maybe' }), /suspended is True or False/],
  ])('what cannot fit is refused: %j', (mapping, reason) => {
    expect(
      problemsOf(aSchemaFile([mapping]))
        .map(({ problem }) => problem)
        .join(),
    ).toMatch(reason);
  });

  it("flowNullValues takes skip, clear, and Graph's Boolean", () => {
    const flow = (flowNullValues: unknown) =>
      loaded(aSchemaFile([mapTo('notes', '[city]', { flowNullValues })])).schema.users.mappings.at(-1)?.flowNullValues;
    expect([flow('clear'), flow('skip'), flow(true), flow(false), flow(null)]).toEqual([
      'clear',
      'skip',
      'clear',
      'skip',
      'skip',
    ]);
    expect(problemsOf(aSchemaFile([mapTo('notes', '[city]', { flowNullValues: 'erase' })]))[0]?.allowed).toEqual([
      'skip',
      'clear',
    ]);
  });

  it.each(['organization', 'organizations'])('createMissing is asked for with %s, and is no otherwise', (target) => {
    const needs = (others: Record<string, unknown>) =>
      targetNeeds(loaded(aSchemaFile([mapTo(target, '[companyName]', others)])).schema).createOrganizations;
    expect([needs({ createMissing: true }), needs({ createMissing: false }), needs({})]).toEqual([true, false, false]);
  });

  it('nothing but an organization is created', () => {
    const [problem] = problemsOf(aSchemaFile([mapTo('notes', '[city]', { createMissing: true })]));
    expect(problem).toMatchObject({ problem: expect.stringContaining('notes names none'), allowed: ['false'] });
    expect(problemsOf(aSchemaFile([mapTo('organization', '[city]', { createMissing: 'yes' })]))[0]?.problem).toContain(
      'true or false',
    );
  });

  it('one organization or a list of them, and a list is read from Zendesk only where it is mapped', () => {
    const both = [mapTo('organization', '[companyName]'), mapTo('organizations', 'Split([city], ",")')];
    expect(problemsOf(aSchemaFile(both))[0]?.problem).toContain('both mapped');
    const inert = [{ targetAttributeName: 'organization', source: null }, mapTo('organizations', '[otherMails]')];
    expect(targetNeeds(loaded(aSchemaFile(inert)).schema).readOrganizations).toBe(true);
    expect(targetNeeds(loaded(aSchemaFile(both.slice(0, 1))).schema).readOrganizations).toBe(false);
  });
});

describe('schema › hash', () => {
  const hashOf = (text: string): string => loaded(text).schema.hash;
  const base = aSchemaFile([mapTo('notes', '[city]')]);

  it('does not change with layout, metadata or the order of mappings', () => {
    const other = JSON.parse(base);
    other.version = '2';
    other.synchronizationRules[0].objectMappings[0].attributeMappings.reverse();
    expect(hashOf(JSON.stringify(other, null, 4))).toBe(hashOf(base));
    expect(hashOf(base)).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    ['source', mapTo('notes', '[state]')],
    ['kind of source', mapTo('notes', '"[city]"')],
    ['flow', mapTo('notes', '[city]', { flowType: 'ObjectAddOnly' })],
    ['nulls', mapTo('notes', '[city]', { flowNullValues: 'clear' })],
    ['what is created', mapTo('organization', '[city]', { createMissing: true })],
    ['default', mapTo('notes', '[city]', { defaultValue: 'x' })],
    ['target', mapTo('details', '[city]')],
  ])('changes with the %s', (_, mapping) => {
    expect(hashOf(aSchemaFile([mapping]))).not.toBe(hashOf(base));
  });

  it('changes with the filter', () => {
    const scope = { groups: [{ clauses: [{ sourceOperandName: 'city', operatorName: 'IS NOT NULL' }] }] };
    expect(hashOf(aSchemaFile([mapTo('notes', '[city]')], { user: { scope } }))).not.toBe(hashOf(base));
  });
});
