import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mapGroup, mapsMembers, mapUser } from '../../src/core/map';
import { changesFor } from '../../src/core/map/changes';
import type { Attributes } from '../../src/core/model';
import { type AccountDescription, checkAgainstAccount } from '../../src/core/schema/account';
import { readSchema } from '../../src/core/schema/read';
import { aMappingInput, aSchemaFile, mapTo } from '../builders/schema';

const result = readSchema(readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8'));
if (!result.ok) throw new Error(JSON.stringify(result.problems));
const { schema } = result;

const account: AccountDescription = {
  userFields: [{ key: 'level', type: 'dropdown', options: ['gold'] }],
  locales: ['en-US', 'de'],
  hasUserTagging: false,
  hasMultipleOrganizations: false,
  customRoles: [{ id: '1', name: 'Team lead', roleType: 0 }],
  hasCustomRoles: true,
  groups: [{ id: '11', name: 'Support' }],
  brands: [{ id: '21', name: 'Contoso', subdomain: 'contoso' }],
  hasBrandAssignment: false,
};

describe('the shipped mapping', () => {
  it('loads without a remark', () => {
    expect(result.ignored).toEqual([]);
  });

  it('covers what the design names, and matches by object id, then e-mail', () => {
    expect(schema.users.mappings.map(({ target }) => target.name)).toEqual([
      'external_id',
      'email',
      'name',
      'role',
      'custom_role_id',
      'suspended',
      'phone',
      'locale',
      'time_zone',
      'alias',
      'organization',
      'tags',
    ]);
    expect(schema.users.matching.map(({ target }) => target.name)).toEqual(['external_id', 'email']);
    expect(schema.groups?.matching.map(({ target }) => target.name)).toEqual(['name']);
    expect(schema.groups && mapsMembers(schema.groups)).toBe(true);
  });

  const ann: Attributes = {
    id: '11111111-2222-4333-8444-555555555555',
    displayName: 'Ann Lee',
    userPrincipalName: 'ann@contoso.com',
    mail: 'Ann.Lee@Contoso.com',
    accountEnabled: true,
    businessPhones: ['+49 30 1'],
    mobilePhone: '+49 170 1',
    preferredLanguage: 'de-DE',
    department: 'Sales',
    companyName: 'Contoso',
  };
  const made = (attributes: Attributes): Record<string, unknown> =>
    Object.fromEntries(
      [...mapUser(aMappingInput({ attributes, account }), schema.users).values].map(([name, { value }]) => [name, value]),
    );

  it('makes this of a user', () => {
    expect(made(ann)).toEqual({
      external_id: ann.id,
      email: 'ann.lee@contoso.com',
      name: 'Ann Lee',
      role: 'agent',
      custom_role_id: 'agent',
      suspended: false,
      phone: '+49 30 1',
      locale: 'de',
    });
  });

  it.each([
    [{ displayName: null, givenName: 'Ann', surname: 'Lee' }, 'Ann Lee'],
    [{ displayName: null, givenName: 'Ann', surname: null }, 'Ann'],
    [{ displayName: null, givenName: null, surname: 'Lee' }, 'Lee'],
    [{ displayName: null, givenName: null, surname: null }, 'ann@contoso.com'],
  ])('the name of %j is %s', (names, expected) => {
    expect(made({ ...ann, ...names }).name).toBe(expected);
  });

  it('without a mail the UPN is the address; without a desk phone the mobile one is the number', () => {
    expect(made({ ...ann, mail: null, businessPhones: [] })).toMatchObject({ email: 'ann@contoso.com', phone: '+49 170 1' });
  });

  it('a second run finds nothing to do', () => {
    const input = aMappingInput({ attributes: ann, account, mode: 'update' });
    const stored: Attributes = { ...(made(ann) as Attributes), email: 'Ann.Lee@contoso.com', alias: null, tags: [] };
    expect(changesFor(mapUser(input, schema.users), stored, { type: 'user', mode: 'update', ownedTags: [] })).toEqual([]);
  });

  it('makes this of a group', () => {
    if (schema.groups === undefined) throw new Error('groups are on by default');
    const attributes = { id: 'g1', displayName: 'Support', description: null, securityEnabled: true };
    const desired = mapGroup(aMappingInput({ attributes }), schema.groups);
    expect([...desired.values].map(([name, { value }]) => [name, value])).toEqual([['name', 'Support']]);
  });

  it('asks nothing of an account', () => {
    expect(checkAgainstAccount(schema, account)).toEqual([]);
  });
});

describe('schema › against an account', () => {
  const findings = (mappings: readonly Record<string, unknown>[]) => {
    const loaded = readSchema(aSchemaFile(mappings));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return checkAgainstAccount(loaded.schema, account).map(
      ({ severity, attribute, message }) => `${severity} ${attribute}: ${message}`,
    );
  };

  it.each([
    [mapTo('user_fields.gone', '[city]'), /^error user_fields\.gone: .*there are level/],
    [mapTo('tags', '[department]'), /^warning tags: User tagging is switched off/],
    [mapTo('locale', '"fr"'), /^warning locale: .*not enabled/],
    [mapTo('locale', '[preferredLanguage]', { defaultValue: 'fr' }), /^warning locale: .*not enabled/],
    [mapTo('user_fields.level', '"silver"'), /^warning user_fields\.level: .*no option/],
    [mapTo('role', '"Astronaut"'), /^error role: .*"Astronaut".*Team lead/],
    [mapTo('custom_role_id', '"99"'), /^error custom_role_id: /],
    [mapTo('default_group_id', '"Sales"'), /^warning default_group_id: .*no group of this name or id/],
    [mapTo('agent_brand_ids', '[companyName]'), /^warning agent_brand_ids: Agents belong to all brands/],
  ])('%j is found', (mapping, pattern) => {
    const found = findings([mapping]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(pattern);
  });

  it('says nothing of what the account has', () => {
    const fine = [
      mapTo('user_fields.level', '"gold"'),
      mapTo('locale', '"de"'),
      mapTo('role', '"team lead"'),
      mapTo('custom_role_id', '"1"'),
      mapTo('default_group_id', '"support"'),
    ];
    expect(findings(fine)).toEqual([]);
  });

  it('says nothing of a mapping that does nothing', () => {
    expect(findings([{ targetAttributeName: 'tags', source: null }])).toEqual([]);
  });
});
