import { managerSelect, readAttributes, selectList } from '../../../src/adapters/graph/attributes';
import { managerAttributes } from '../../../src/adapters/graph/managers';

describe('graph attributes › selectList', () => {
  test.each<[string, string[], string[]]>([
    ['nothing asked', [], []],
    ['plain names', ['mail', 'department', 'mail'], ['department', 'mail']],
    ['a part asks for the whole', ['onPremisesExtensionAttributes.extensionAttribute1'], ['onPremisesExtensionAttributes']],
    ['the short name of an extension attribute', ['extensionAttribute15'], ['onPremisesExtensionAttributes']],
    [
      'directory extension',
      ['extension_0123456789abcdef0123456789abcdef_costCenter'],
      ['extension_0123456789abcdef0123456789abcdef_costCenter'],
    ],
    ['objectId is id', ['objectId'], []],
    ['the manager is a relationship', ['manager', 'manager.displayName'], []],
    ['names that Graph does not have', ['IsSoftDeleted', 'appRoleAssignments'], []],
    ['hostile names', ['mail&$expand=x', '../me', '', 'a,b', 'urn:x'], []],
  ])('%s', (_name, asked, added) => {
    expect(selectList('user', asked)).toEqual(
      [...new Set(['accountEnabled', 'displayName', 'id', 'userPrincipalName', ...added])].sort(),
    );
  });

  test('groups', () => {
    expect(selectList('group', ['description'])).toEqual(['description', 'displayName', 'id', 'securityEnabled', 'visibility']);
  });

  test('manager', () => {
    expect(managerSelect(['mail'])).toEqual([]);
    expect(managerSelect(['manager'])).toEqual(['id']);
    expect(managerSelect(['manager.mail', 'manager.displayName'])).toEqual(['displayName', 'id', 'mail']);
  });
});

describe('graph attributes › readAttributes', () => {
  const read = (row: Record<string, unknown>, asked: string[], fill: 'absent' | 'null' = 'absent') => ({
    ...readAttributes('user', row, asked, fill),
  });

  test.each<[string, Record<string, unknown>, string[], Record<string, unknown>]>([
    ['absent is no news', {}, ['mail'], {}],
    ['null is empty', { mail: null }, ['mail'], { mail: null }],
    [
      'text, number, truth',
      { mail: 'a', employeeId: 7, accountEnabled: false },
      ['mail', 'employeeId'],
      { mail: 'a', employeeId: 7, accountEnabled: false },
    ],
    ['list', { businessPhones: ['1', '2'] }, ['businessPhones'], { businessPhones: ['1', '2'] }],
    ['list of objects', { identities: [{ issuer: 'x' }, null] }, ['identities'], { identities: ['{"issuer":"x"}'] }],
    [
      'part',
      { onPremisesExtensionAttributes: { extensionAttribute1: 'x' } },
      ['onPremisesExtensionAttributes.extensionAttribute1', 'extensionAttribute1'],
      { 'onPremisesExtensionAttributes.extensionAttribute1': 'x', extensionAttribute1: 'x' },
    ],
    [
      'part missing from the whole is empty',
      { employeeOrgData: {} },
      ['employeeOrgData.division'],
      { 'employeeOrgData.division': null },
    ],
    ['part of null is empty', { employeeOrgData: null }, ['employeeOrgData.division'], { 'employeeOrgData.division': null }],
    ['part of an absent whole is no news', {}, ['employeeOrgData.division'], {}],
    ['not asked for', { mail: 'a', surname: 'S' }, ['mail'], { mail: 'a' }],
    ['objectId', { id: 'x' }, ['objectId'], { id: 'x', objectId: 'x' }],
    ['inherited names are no properties', {}, ['constructor', 'toString', '__proto__'], {}],
  ])('%s', (_name, row, asked, expected) => {
    expect(read(row, asked)).toEqual(expected);
  });

  test('an own __proto__ stays a name', () => {
    const attributes = readAttributes(
      'user',
      JSON.parse('{"__proto__":"x"}') as Record<string, unknown>,
      ['__proto__'],
      'absent',
    );
    expect(Object.getPrototypeOf(attributes)).toBeNull();
    expect(Object.entries(attributes)).toEqual([['__proto__', 'x']]);
  });

  test('a direct read fills what was never set', () => {
    expect(read({ id: 'x' }, ['mail'], 'null')).toEqual({
      id: 'x',
      mail: null,
      accountEnabled: null,
      userPrincipalName: null,
      displayName: null,
    });
  });

  test('manager attributes', () => {
    expect({
      ...managerAttributes({ id: 'm', displayName: 'Max' }, ['manager', 'manager.displayName', 'manager.mail', 'mail']),
    }).toEqual({
      manager: 'm',
      'manager.displayName': 'Max',
      'manager.mail': null,
    });
    expect({ ...managerAttributes(undefined, ['manager.id', 'manager.displayName']) }).toEqual({
      'manager.id': null,
      'manager.displayName': null,
    });
  });
});
