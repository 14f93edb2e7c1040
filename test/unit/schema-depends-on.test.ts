import { asToldOfManager, followsManagers } from '../../src/core/schema/depends-on';
import { readSchema } from '../../src/core/schema/read';
import { aSchemaFile, aUserMapping, mapTo } from '../builders/schema';

describe('what mappings depend on', () => {
  it('a manager is read by id, and by the names under which the delta reports the change', () => {
    const users = aUserMapping([
      mapTo('notes', 'Join(", ", [manager.displayName], [manager.mobile])'),
      mapTo('alias', '[manager]'),
    ]);
    expect(users.dependsOn).toEqual({ managerProperties: ['displayName', 'mobilePhone'], groupIds: [] });
    for (const name of ['manager.id', 'manager.displayName', 'manager.mobilePhone', 'displayName', 'mobilePhone'])
      expect(users.sourceAttributes).toContain(name);
  });

  it('who the manager is needs nothing of the manager', () => {
    const users = aUserMapping([mapTo('notes', '[manager]')]);
    expect(users.dependsOn.managerProperties).toEqual([]);
    expect(users.sourceAttributes.filter((name) => name.startsWith('manager'))).toEqual(['manager.id']);
    expect(aUserMapping().sourceAttributes.filter((name) => name.startsWith('manager'))).toEqual([]);
  });

  it('a filter counts too, and the groups that it asks for', () => {
    const id = '7c1c6c47-62b5-4f8c-9d0c-3f4f0e0a6a11';
    const clauses = [
      { sourceOperandName: 'manager.department', operatorName: 'EQUALS', targetOperand: { values: ['Support'] } },
      { sourceOperandName: 'id', operatorName: 'IS MEMBER OF', targetOperand: { values: [id.toUpperCase()] } },
    ];
    const result = readSchema(aSchemaFile([], { user: { scope: { groups: [{ clauses }] } } }));
    expect(result).toMatchObject({
      ok: true,
      schema: { users: { dependsOn: { managerProperties: ['department'], groupIds: [id] } } },
    });
  });

  const { dependsOn } = aUserMapping([mapTo('notes', '[manager.displayName]')]);
  it.each([
    [{ displayName: 'B', mail: 'new' }, { 'manager.displayName': 'B' }],
    [{ displayName: null }, { 'manager.displayName': null }],
    [{ mail: 'new' }, {}],
  ])('%j of a manager is %j of the reports', (manager, report) => {
    expect({ ...asToldOfManager(dependsOn, manager) }).toEqual(report);
  });

  it('where nothing of managers is read, no change concerns anybody', () => {
    expect(followsManagers(dependsOn)).toBe(true);
    expect(followsManagers(aUserMapping().dependsOn)).toBe(false);
    expect(followsManagers(aUserMapping([mapTo('notes', '[manager]')]).dependsOn)).toBe(false);
  });
});

describe("another system's external id", () => {
  const idFrom = (others: Record<string, unknown>, source = '[objectId]') =>
    aUserMapping([mapTo('external_id', source, { matchingPriority: 1, ...others })]).foreignExternalId;

  it('is overwritten only where the mapping says so', () => {
    expect(idFrom({})).toBe('refuse');
    expect(idFrom({ takeOverForeignExternalId: true })).toBe('takeOver');
    expect(idFrom({ takeOverForeignExternalId: false })).toBe('refuse');
  });

  it("is nobody's claim where the mapping would not write it", () => {
    expect(idFrom({ flowType: 'ObjectAddOnly' })).toBe('ignore');
    expect(idFrom({ flowType: 'AttributeAddOnly', takeOverForeignExternalId: true })).toBe('ignore');
    const byMail = readSchema(
      aSchemaFile([mapTo('email', '[mail]', { matchingPriority: 1 })], {}).replace(
        /\{"targetAttributeName":"external_id".*?\}\},?/,
        '',
      ),
    );
    expect(byMail).toMatchObject({ ok: true, schema: { users: { foreignExternalId: 'ignore' } } });
  });

  it('belongs to external_id alone', () => {
    const result = readSchema(aSchemaFile([mapTo('notes', '[mail]', { takeOverForeignExternalId: true })]));
    expect(result).toMatchObject({
      ok: false,
      problems: [{ problem: 'Belongs to the mapping of external_id of users; notes has no owner' }],
    });
  });

  it('makes another version of the file only where it is set', () => {
    const hash = (others: Record<string, unknown>) => {
      const result = readSchema(aSchemaFile([mapTo('external_id', '[objectId]', { matchingPriority: 1, ...others })]));
      return result.ok ? result.schema.hash : '';
    };
    expect(hash({ takeOverForeignExternalId: false })).toBe(hash({}));
    expect(hash({ takeOverForeignExternalId: true })).not.toBe(hash({}));
  });
});
