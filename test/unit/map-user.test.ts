import { mapGroup, mapUser, uniqueCandidates } from '../../src/core/map';
import { readSchema } from '../../src/core/schema/read';
import { aMappingInput, aSchemaFile, aUserMapping, mapTo } from '../builders/schema';

const mapped = (
  mappings: readonly Record<string, unknown>[],
  target: string,
  overrides: Parameters<typeof aMappingInput>[0] = {},
): unknown => mapUser(aMappingInput(overrides), aUserMapping(mappings)).values.get(target)?.value;

describe('mapUser › source attributes', () => {
  it.each([
    ['[objectId]', '11111111-2222-4333-8444-555555555555'],
    ['[id]', '11111111-2222-4333-8444-555555555555'],
    ['[telephoneNumber]', '+49 1'],
    ['[mobile]', '+49 2'],
    ['[mobilePhone]', '+49 2'],
    ['[extensionAttribute1]', 'x1'],
    ['[onPremisesExtensionAttributes.extensionAttribute1]', 'x1'],
    ['[manager]', 'm1'],
    ['[manager.displayName]', 'Bo'],
    ['[manager.telephoneNumber]', '+49 1'],
    ['[manager.extensionAttribute3]', 'M3'],
    ['[dnsDomainName]', 'corp.example'],
    ['[accountEnabled]', 'True'],
    ['[IsSoftDeleted]', 'False'],
    ['CStr([accountEnabled])', 'True'],
    ['[physicalDeliveryOfficeName]', 'Room 5'],
    ['Count([businessPhones])', '1'],
  ])('%s', (expression, expected) => {
    const attributes = {
      businessPhones: ['+49 1'],
      mobilePhone: '+49 2',
      'onPremisesExtensionAttributes.extensionAttribute1': 'x1',
      'manager.id': 'm1',
      'manager.displayName': 'Bo',
      'manager.businessPhones': ['+49 1'],
      'manager.onPremisesExtensionAttributes.extensionAttribute3': 'M3',
      onPremisesDomainName: 'corp.example',
      officeLocation: 'Room 5',
    };
    const input = aMappingInput();
    expect(mapped([mapTo('notes', expression)], 'notes', { attributes: { ...input.attributes, ...attributes } })).toBe(expected);
  });

  it.each([
    ['ann_contoso.com#EXT#@fabrikam.onmicrosoft.com', 'ann@contoso.com'],
    ['ann_lee_contoso.com#EXT#@fabrikam.onmicrosoft.com', 'ann_lee@contoso.com'],
    ['ann_contoso.com#ext#@fabrikam.onmicrosoft.com', 'ann@contoso.com'],
    ['ann@contoso.com', 'ann@contoso.com'],
  ])('a guest with the UPN %s is %s; the raw value has a name of its own', (upn, expected) => {
    const attributes = { ...aMappingInput().attributes, userPrincipalName: upn };
    expect(mapped([mapTo('notes', '[userPrincipalName]')], 'notes', { attributes })).toBe(expected);
    expect(mapped([mapTo('notes', '[originalUserPrincipalName]')], 'notes', { attributes })).toBe(upn);
  });

  it.each([
    [{ id: 'r', value: 'agent', displayName: 'Agent' }, 'agent'],
    [{ id: 'r', value: null, displayName: 'Light agent' }, 'Light agent'],
    [{ id: 'r', value: '', displayName: '{"odd"}' }, '{"odd"}'],
  ])('the first app role counts by its value, else its name: %j', (role, expected) => {
    const appRoleAssignments = [role, { id: 'r2', value: 'second', displayName: 'Second' }];
    expect(mapped([mapTo('role', 'SingleAppRoleAssignment([appRoleAssignments])')], 'role', { appRoleAssignments })).toBe(
      expected,
    );
  });

  it('a hostile attribute name of the source does not reach prototypes', () => {
    const attributes = JSON.parse('{"__proto__": {"city": "Rome"}, "id": "1", "displayName": "A"}');
    expect(mapped([mapTo('notes', '[city]')], 'notes', { attributes })).toBeUndefined();
  });
});

describe('mapUser › when a value flows', () => {
  const flows = ['Always', 'ObjectAddOnly', 'AttributeAddOnly', 'ValueAddOnly', 'MultiValueAddOnly'];

  it.each(flows)('%s: a value flows at creation', (flowType) => {
    expect(mapped([mapTo('notes', '"x"', { flowType })], 'notes')).toBe('x');
  });

  it('ObjectAddOnly is left alone on update, and still serves for matching', () => {
    const users = aUserMapping([mapTo('email', '[mail]', { flowType: 'ObjectAddOnly', matchingPriority: 2 })]);
    const desired = mapUser(aMappingInput({ mode: 'update' }), users);
    expect(desired.values.has('email')).toBe(false);
    expect(desired.matching).toContainEqual({ attribute: 'email', value: 'ann@contoso.com' });
  });

  const empty = { attributes: { ...aMappingInput().attributes, city: null } };
  it.each([
    ['create', 'skip', null, undefined],
    ['create', 'skip', 'Rome', { value: 'Rome', isDefault: true }],
    ['create', 'clear', 'Rome', { value: 'Rome', isDefault: true }],
    ['create', 'clear', null, undefined],
    ['update', 'skip', null, undefined],
    ['update', 'skip', 'Rome', undefined],
    ['update', 'clear', null, { value: null, clears: true }],
    ['update', 'clear', 'Rome', { value: null, clears: true }],
  ] as const)('no value, on %s with %s and default %j: %j', (mode, flowNullValues, defaultValue, expected) => {
    const users = aUserMapping([mapTo('notes', '[city]', { flowNullValues, defaultValue })]);
    const found = mapUser(aMappingInput({ mode, ...empty }), users).values.get('notes');
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  it('an add-only flow never clears', () => {
    const mapping = mapTo('tags', '[city]', { flowNullValues: 'clear', flowType: 'ValueAddOnly' });
    expect(mapped([mapping], 'tags', { mode: 'update', ...empty })).toBeUndefined();
  });

  it('empty text is no value', () => {
    expect(mapped([mapTo('notes', 'Append([city], "")')], 'notes', empty)).toBeUndefined();
  });

  it('a dropped flow is left alone even where nulls clear', () => {
    const mapping = mapTo('notes', 'IgnoreFlowIfNullOrEmpty([city])', { flowNullValues: 'clear' });
    expect(mapped([mapping], 'notes', { mode: 'update', ...empty })).toBeUndefined();
  });

  it.each(['create', 'update'] as const)('type None gives its default value to what is empty, on %s', (mode) => {
    const users = aUserMapping([{ targetAttributeName: 'time_zone', source: null, defaultValue: 'Berlin' }]);
    expect(mapUser(aMappingInput({ mode }), users).values.get('time_zone')).toMatchObject({
      value: 'Berlin',
      flow: 'AttributeAddOnly',
    });
  });

  it('type None without a default value does nothing', () => {
    expect(mapped([{ targetAttributeName: 'time_zone', source: null }], 'time_zone')).toBeUndefined();
  });

  it('Redact hides the value from logs and lets it flow', () => {
    const desired = mapUser(aMappingInput(), aUserMapping([mapTo('notes', 'Redact([mail])')]));
    expect(desired.values.get('notes')).toMatchObject({ value: 'ann@contoso.com', redacted: true });
  });
});

describe('mapUser › matching and faults', () => {
  const users = aUserMapping([mapTo('email', '[mail]', { matchingPriority: 2 })]);

  it('lists matching values in their order, and leaves empty ones out', () => {
    expect(mapUser(aMappingInput(), users).matching).toEqual([
      { attribute: 'external_id', value: '11111111-2222-4333-8444-555555555555' },
      { attribute: 'email', value: 'ann@contoso.com' },
    ]);
    const without = mapUser(aMappingInput({ attributes: { ...aMappingInput().attributes, mail: null } }), users);
    expect(without.matching.map(({ attribute }) => attribute)).toEqual(['external_id']);
    expect(without.issues).toEqual([]);
  });

  it('nothing to match by stops the object', () => {
    const attributes = { ...aMappingInput().attributes, id: null, mail: null };
    expect(mapUser(aMappingInput({ attributes }), users).issues).toEqual([
      expect.objectContaining({ attribute: 'external_id', code: 'ImportSkipped', isFatal: true }),
    ]);
  });

  it('a new account needs a name; an existing one keeps its own', () => {
    const attributes = { ...aMappingInput().attributes, displayName: null };
    expect(mapUser(aMappingInput({ attributes }), users).issues).toEqual([
      expect.objectContaining({ attribute: 'name', code: 'MandatoryFieldsMissing', isFatal: true }),
    ]);
    expect(mapUser(aMappingInput({ attributes, mode: 'update' }), users).issues).toEqual([]);
    const long = { ...attributes, displayName: 'x'.repeat(300) };
    const issue = { attribute: 'name', code: 'AttributeValidationFailed' };
    expect(mapUser(aMappingInput({ attributes: long }), users).issues).toEqual([
      expect.objectContaining({ ...issue, isFatal: true }),
    ]);
    expect(mapUser(aMappingInput({ attributes: long, mode: 'update' }), users).issues).toEqual([
      expect.objectContaining({ ...issue, isFatal: false }),
    ]);
  });

  it.each([
    ['a matching attribute that cannot be stored', 'email', '[mail]', { mail: 'no address' }, true],
    ['a note that is too long', 'notes', '[city]', { city: 'x'.repeat(70_000) }, false],
    ['several values for one', 'alias', 'Coalesce([otherMails], [city])', { otherMails: ['a', 'b'] }, false],
    ['a function that fails', 'notes', 'CDate([city])', { city: 'someday' }, false],
    ['a role that cannot be worked out', 'role', 'CDate([city])', { city: 'someday' }, true],
  ])('%s', (_, target, expression, attributes, isFatal) => {
    const priority = target === 'email' ? { matchingPriority: 2 } : {};
    const desired = mapUser(
      aMappingInput({ attributes: { ...aMappingInput().attributes, ...attributes } }),
      aUserMapping([mapTo(target, expression, priority)]),
    );
    expect(desired.issues).toEqual([expect.objectContaining({ attribute: target, isFatal })]);
    expect(desired.values.has(target)).toBe(false);
    expect(desired.values.get('name')?.value).toBe('Ann Lee');
    for (const value of Object.values(attributes).flat()) expect(desired.issues[0]?.message).not.toContain(` ${value} `);
  });

  it('messages hold no data of the person', () => {
    const attributes = { ...aMappingInput().attributes, mail: 'secret person', city: 'secret city' };
    const desired = mapUser(
      aMappingInput({ attributes }),
      aUserMapping([mapTo('email', '[mail]'), mapTo('notes', 'CDate([city])')]),
    );
    expect(desired.issues).toHaveLength(2);
    expect(JSON.stringify(desired.issues)).not.toContain('secret');
  });
});

describe('mapUser › unique values', () => {
  const users = aUserMapping([
    mapTo('email', 'SelectUniqueValue(Append([mailNickname], "@x.org"), Append([mailNickname], "2@x.org"))'),
    mapTo('locale', '[city]', { flowType: 'ObjectAddOnly' }),
  ]);
  const input = aMappingInput({ attributes: { ...aMappingInput().attributes, mailNickname: 'ann' } });

  it('the candidates are told first, then the first free one is taken', () => {
    expect(uniqueCandidates(input, users)).toEqual([{ attribute: 'email', values: ['ann@x.org', 'ann2@x.org'] }]);
    const isUniqueInTarget = (attribute: string, value: string): boolean => attribute !== 'email' || value !== 'ann@x.org';
    expect(mapUser({ ...input, isUniqueInTarget }, users).values.get('email')?.value).toBe('ann2@x.org');
  });

  it('all taken: nothing may be written', () => {
    const [issue] = mapUser({ ...input, isUniqueInTarget: () => false }, users).issues;
    expect(issue).toMatchObject({ attribute: 'email', isFatal: true, message: expect.stringContaining('all 2 candidates') });
  });

  it('an existing account keeps the value it got', () => {
    const attributes = { ...input.attributes, city: 'no locale' };
    const desired = mapUser({ ...input, attributes, mode: 'update', isUniqueInTarget: () => false }, users);
    expect([desired.values.has('email'), desired.issues]).toEqual([false, []]);
  });

  it.each([
    ['alias', 0, 'does not keep unique'],
    ['phone', 0, 'does not keep unique'],
    ['email', 2, 'cannot be used for a matching attribute'],
  ])('is refused for %s with the matching priority %d', (target, matchingPriority, reason) => {
    const mapping = mapTo(target, 'SelectUniqueValue([mail], [city])', { matchingPriority });
    const read = readSchema(aSchemaFile([mapping]));
    expect(read.ok ? [] : read.problems.map(({ problem }) => problem).join()).toContain(reason);
  });
});

describe('mapGroup', () => {
  const text = aSchemaFile([], {
    group: {
      attributeMappings: [
        mapTo('name', '[displayName]', { matchingPriority: 1 }),
        mapTo('description', '[description]'),
        mapTo('members', '[members]'),
      ],
    },
  });
  const result = readSchema(text);
  if (!result.ok || result.schema.groups === undefined) throw new Error('the file must load');
  const { groups } = result.schema;

  it("gives name and description; members are the engine's", () => {
    const desired = mapGroup(
      aMappingInput({ attributes: { id: 'g', displayName: ' Sales  EMEA ', description: 'All\r\nof it' } }),
      groups,
    );
    expect(Object.fromEntries([...desired.values].map(([name, { value }]) => [name, value]))).toEqual({
      name: 'Sales EMEA',
      description: 'All\nof it',
    });
    expect(desired.matching).toEqual([{ attribute: 'name', value: 'Sales EMEA' }]);
  });
});
