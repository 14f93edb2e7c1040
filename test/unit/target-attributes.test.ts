import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { mapUser } from '../../src/core/map';
import { changesFor } from '../../src/core/map/changes';
import { holderMismatch } from '../../src/core/map/holders';
import { type AccountFacts, normaliseFor } from '../../src/core/map/normalise';
import { type TargetRole, targetId } from '../../src/core/model';
import {
  GROUP_ATTRIBUTES,
  groupAttribute,
  USER_ATTRIBUTES,
  USER_PROPERTIES_LEFT_OUT,
  userAttribute,
} from '../../src/core/target-attributes';
import { aMappingInput, aUserMapping, mapTo } from '../builders/schema';

interface Property {
  readonly readOnly?: boolean;
}

const specFile = resolve(__dirname, '../../../shared/specs/zendesk-provisioning.oas.yaml');

/** The properties that the official contract lets a caller write; undefined where the contract is not there. */
function writableProperties(): { readonly user: readonly string[]; readonly group: readonly string[] } | undefined {
  if (!existsSync(specFile)) return undefined;
  const { components } = parse(readFileSync(specFile, 'utf8')) as {
    components: { schemas: Record<string, { properties?: Record<string, Property> }> };
  };
  const writable = (schema: string): string[] =>
    Object.entries(components.schemas[schema]?.properties ?? {})
      .filter(([, property]) => property.readOnly !== true)
      .map(([name]) => name);
  return { user: [...new Set([...writable('UserForAdmin'), ...writable('UserCreateInput')])], group: writable('GroupObject') };
}

/** Targets of ours that are no property of Zendesk's user or group, with what stands for them there. */
const OURS: Readonly<Record<string, string>> = { organizations: 'organization_ids', members: 'group_memberships' };

describe("targets and the contract's writable properties", () => {
  const contract = writableProperties();
  if (contract === undefined) {
    console.warn('SKIPPED: the official Zendesk contract is not at ../shared/specs, so the list of targets is not held to it');
  }
  const known = contract ?? { user: [], group: [] };

  it('every property of a user is a target or left out with a reason', () => {
    for (const name of known.user) {
      const isTarget = userAttribute(name) !== undefined || name === 'user_fields';
      const reason = USER_PROPERTIES_LEFT_OUT[name];
      expect([name, isTarget !== (reason !== undefined)]).toEqual([name, true]);
    }
  });

  it('every property of a group is a target', () => {
    expect(known.group.filter((name) => groupAttribute(name) === undefined)).toEqual([]);
  });

  it('no target and no reason is about a property that does not exist', () => {
    if (contract === undefined) return;
    const targets = USER_ATTRIBUTES.map(({ name }) => OURS[name] ?? name);
    expect([...targets, ...Object.keys(USER_PROPERTIES_LEFT_OUT)].filter((name) => !known.user.includes(name))).toEqual([]);
    const ofGroups = GROUP_ATTRIBUTES.map(({ name }) => name).filter((name) => !(name in OURS));
    expect(ofGroups.filter((name) => !known.group.includes(name))).toEqual([]);
  });
});

const account: AccountFacts = {
  groups: [
    { id: '11', name: 'Support' },
    { id: '12', name: 'Twins' },
    { id: '13', name: 'twins' },
  ],
  brands: [
    { id: '21', name: 'Contoso', subdomain: 'contoso' },
    { id: '22', name: 'Fabrikam', subdomain: 'fabrikam-help' },
  ],
  customRoles: [{ id: '31', name: 'Light agent', roleType: 1 }],
};

function normal(name: string, value: string | string[], facts: AccountFacts = account) {
  const target = userAttribute(name) ?? groupAttribute(name);
  if (target === undefined) throw new Error(name);
  const result = normaliseFor(target, value, facts);
  return result.kind === 'value' ? result.value : result.kind === 'refused' ? result.message : null;
}

describe('values of the targets', () => {
  it.each<[name: string, value: string | string[], expected: unknown]>([
    ['default_group_id', ' support ', '11'],
    ['default_group_id', '12', '12'],
    ['default_group_id', 'Twins', 'Zendesk has several groups of this name; give the id instead'],
    ['default_group_id', 'Sales', 'Zendesk has no group of this name or id'],
    ['agent_brand_ids', ['FABRIKAM-help', 'Contoso', '22'], ['21', '22']],
    ['agent_brand_ids', 'Nobody', 'Zendesk has no brand of this name or id'],
    ['ticket_restriction', 'Groups', 'groups'],
    ['ticket_restriction', 'none', 'ticket_restriction is all, organization, groups, assigned, requested'],
    ['moderator', 'True', true],
    ['is_public', 'False', false],
    ['remote_photo_url', 'https://img.example/a.png', 'https://img.example/a.png'],
    ['remote_photo_url', 'http://img.example/a.png', 'the value is not an address that begins with https://'],
  ])('%s of %j is %j', (name, value, expected) => {
    expect(normal(name, value)).toEqual(expected);
  });

  it('brands have no effect where agents belong to all of them', () => {
    expect(normal('agent_brand_ids', 'Contoso', { ...account, hasBrandAssignment: false })).toContain('set to manual');
  });

  it('without the lists of an account a name is left to the connector', () => {
    expect(normal('default_group_id', 'Support', {})).toBe('Support');
  });
});

const endUser: TargetRole = { role: 'end-user', customRoleId: null };
const agent: TargetRole = { role: 'agent', customRoleId: null };
const light: TargetRole = { role: 'agent', customRoleId: targetId('31') };
const admin: TargetRole = { role: 'admin', customRoleId: null };

describe('what has a place on which account', () => {
  it.each<[name: string, value: unknown, role: TargetRole, reason: RegExp | undefined]>([
    ['signature', 'x', endUser, /only agents have signature/],
    ['signature', 'x', admin, undefined],
    ['default_group_id', '11', endUser, /only agents/],
    ['default_group_id', '11', light, undefined],
    ['agent_brand_ids', ['21'], endUser, /only agents/],
    ['only_private_comments', true, endUser, /only agents/],
    ['only_private_comments', true, agent, undefined],
    ['only_private_comments', true, light, /custom role decides/],
    ['only_private_comments', true, admin, /no effect on an admin/],
    ['ticket_restriction', 'groups', endUser, /organization or requested/],
    ['ticket_restriction', 'organization', endUser, undefined],
    ['ticket_restriction', 'groups', agent, undefined],
    ['ticket_restriction', 'groups', light, /custom role decides/],
    ['ticket_restriction', 'groups', admin, /no effect on an admin/],
    ['moderator', true, endUser, undefined],
    ['notes', 'x', endUser, undefined],
  ])('%s %j for %j', (name, value, role, reason) => {
    const target = userAttribute(name);
    if (target === undefined) throw new Error(name);
    const mismatch = holderMismatch(target, value, role);
    if (reason === undefined) expect(mismatch).toBeUndefined();
    else expect(mismatch).toMatch(reason);
  });

  const users = aUserMapping([mapTo('role', '[jobTitle]'), mapTo('signature', '[displayName]')]);
  const mapped = (jobTitle: string | null, mode: 'create' | 'update' = 'update') =>
    mapUser(aMappingInput({ mode, account, attributes: { jobTitle } }), users);

  it('the mapping leaves out what the mapped role has no place for, and says so', () => {
    expect(mapped('Agent').values.get('signature')?.value).toBe('Ann Lee');
    expect(mapped('User').values.has('signature')).toBe(false);
    expect(mapped('User').issues).toEqual([
      {
        attribute: 'signature',
        code: 'AttributeValidationFailed',
        message: 'signature: only agents have signature, and this user is an end user',
        isFatal: false,
      },
    ]);
  });

  it('without a mapped role a new account is an end user, and an existing one is what it is', () => {
    expect(mapped(null, 'create').values.has('signature')).toBe(false);
    const desired = mapped(null);
    const options = { type: 'user', mode: 'update', ownedTags: [] } as const;
    const names = (role: TargetRole) =>
      changesFor(desired, { signature: 'old' }, { ...options, role }).map(({ attribute }) => attribute);
    expect(names(agent)).toContain('signature');
    expect(names(endUser)).not.toContain('signature');
  });

  it('all tickets is no restriction, so nothing is written over nothing', () => {
    const all = aUserMapping([mapTo('role', '"agent"'), mapTo('ticket_restriction', '"all"')]);
    const desired = mapUser(aMappingInput({ mode: 'update', account }), all);
    const changes = (current: string | null) =>
      changesFor(desired, { ticket_restriction: current }, { type: 'user', mode: 'update', ownedTags: [] })
        .filter(({ attribute }) => attribute === 'ticket_restriction')
        .map(({ newValue }) => newValue);
    expect(changes(null)).toEqual([]);
    expect(changes('groups')).toEqual(['all']);
  });

  it('a private group stays private, and a new one is made as mapped', () => {
    const desired = {
      values: new Map([
        [
          'is_public',
          { value: true, redacted: false, flow: 'Always', onlyOnCreate: false, clears: false, isDefault: false } as const,
        ],
      ]),
      matching: [],
      issues: [],
    };
    const changes = (mode: 'create' | 'update', isPublic: boolean | null) =>
      changesFor(desired, { is_public: isPublic }, { type: 'group', mode, ownedTags: [] }).map(({ newValue }) => newValue);
    expect(changes('update', false)).toEqual([]);
    expect(changes('update', null)).toEqual([]);
    expect(changes('create', null)).toEqual([true]);
  });
});
