import { DEFAULT_ACCESS_ROLE_ID, type SourceObject, sourceId } from '../../../src/core/model';
import { type FilterVerdict, grantedRoles, groupScope, type ScopeRules, userScope } from '../../../src/core/scope';
import { APP_ROLES, aGroup, anEntitlement, aUser } from '../../builders/objects';

const RULES: ScopeRules = { scope: 'AssignedOnly', defaultAccess: 'Skip', appRoles: APP_ROLES };
const byDefault = anEntitlement({ appRoleId: DEFAULT_ACCESS_ROLE_ID });
const byGoneRole = anEntitlement({ appRoleId: 'r-gone' });
const says = (inScope: FilterVerdict['inScope']) => () => ({ inScope, reason: 'because' });
const told = (decision: ReturnType<typeof userScope>) =>
  decision.kind === 'out' ? `out ${decision.cause} ${decision.skipReason}` : decision.kind;

describe('userScope', () => {
  const cases: [string, Partial<SourceObject>, Partial<ScopeRules>, string][] = [
    ['hard-deleted wins over everything', { deleted: 'hard' }, {}, 'out hardDeleted NotInScope'],
    ['soft-deleted', { deleted: 'soft' }, {}, 'out softDeleted NotInScope'],
    ['deleted wins over disabled', { deleted: 'soft', attributes: { accountEnabled: false } }, {}, 'out softDeleted NotInScope'],
    ['accountEnabled null', { attributes: { accountEnabled: null } }, {}, 'unknown'],
    ['accountEnabled absent', { attributes: {} }, {}, 'unknown'],
    ['accountEnabled a text', { attributes: { accountEnabled: 'false' } }, {}, 'unknown'],
    ['disabled', { attributes: { accountEnabled: false } }, {}, 'out disabled NotEffectivelyEntitled'],
    [
      'disabled, whole tenant',
      { attributes: { accountEnabled: false } },
      { scope: 'All' },
      'out disabled NotEffectivelyEntitled',
    ],
    ['assigned by nothing', { entitlements: [] }, {}, 'out unassigned NotInScope'],
    ['assigned by nothing, whole tenant', { entitlements: [] }, { scope: 'All' }, 'in'],
    ['Default Access only', { entitlements: [byDefault] }, {}, 'out defaultAccess NotEffectivelyEntitled'],
    ['Default Access only, EndUser', { entitlements: [byDefault] }, { defaultAccess: 'EndUser' }, 'in'],
    ['Default Access only, whole tenant', { entitlements: [byDefault] }, { scope: 'All' }, 'in'],
    ['disabled roles only', { entitlements: [byGoneRole] }, {}, 'out noRole NotEffectivelyEntitled'],
    [
      'disabled roles only, EndUser',
      { entitlements: [byGoneRole] },
      { defaultAccess: 'EndUser' },
      'out noRole NotEffectivelyEntitled',
    ],
    [
      'a disabled role and Default Access',
      { entitlements: [byGoneRole, byDefault] },
      {},
      'out defaultAccess NotEffectivelyEntitled',
    ],
    ['a role that the application did not list', { entitlements: [anEntitlement({ appRoleId: 'r-lost' })] }, {}, 'unknown'],
    [
      'a role that the application did not list beside one that it did',
      { entitlements: [anEntitlement({ appRoleId: 'r-lost' }), anEntitlement({ appRoleId: 'r-user' })] },
      {},
      'unknown',
    ],
    [
      'a role that the application did not list, and disabled in Entra ID',
      { attributes: { accountEnabled: false }, entitlements: [anEntitlement({ appRoleId: 'r-lost' })] },
      {},
      'out disabled NotEffectivelyEntitled',
    ],
    ['Default Access beside a role', { entitlements: [byDefault, anEntitlement()] }, {}, 'in'],
    ['a role', {}, {}, 'in'],
    ['a role through a group', { entitlements: [anEntitlement({ path: [sourceId('g1')] })] }, {}, 'in'],
  ];
  it.each(cases)('%s', (_name, user, rules, expected) => {
    expect(told(userScope(aUser(user), { ...RULES, ...rules }))).toBe(expected);
  });

  it.each([
    [true, 'in'],
    [false, 'out filter NotInScope'],
    ['unknown', 'unknown'],
  ] as const)('a filter that says %s', (verdict, expected) => {
    expect(told(userScope(aUser(), RULES, says(verdict)))).toBe(expected);
  });

  it('a filter is not asked where it does not matter', () => {
    const asked = () => {
      throw new Error('asked');
    };
    expect(told(userScope(aUser({ deleted: 'hard' }), RULES, asked))).toContain('hardDeleted');
    expect(told(userScope(aUser({ entitlements: [] }), RULES, asked))).toContain('unassigned');
  });

  it('the reason names the way, the role and the losers', () => {
    const entitlements = [anEntitlement(), anEntitlement({ assignmentId: 'a2', appRoleId: 'r-user', path: [sourceId('g1')] })];
    expect(userScope(aUser({ entitlements }), RULES).reason).toBe('Assigned directly with role Agent. Passed over: User.');
    const nested = [anEntitlement({ path: [sourceId('g1'), sourceId('g2')] })];
    expect(userScope(aUser({ entitlements: nested }), RULES).reason).toBe('Assigned through group g1 in g2 with role Agent.');
  });
});

describe('groupScope', () => {
  const inherited = [anEntitlement({ path: [sourceId('g9')] })];
  const cases: [string, Partial<SourceObject>, Partial<ScopeRules>, (() => FilterVerdict) | undefined, string][] = [
    ['assigned', {}, {}, undefined, 'in'],
    [
      'not security-enabled',
      { attributes: { securityEnabled: false } },
      {},
      undefined,
      'out notSecurityEnabled NotSecurityEnabled',
    ],
    ['not said whether security-enabled', { attributes: {} }, {}, undefined, 'in'],
    [
      'not assigned and not security-enabled',
      { attributes: { securityEnabled: false }, entitlements: [] },
      {},
      undefined,
      'out unassigned NotInScope',
    ],
    ['assigned only by the group above it', { entitlements: inherited }, {}, undefined, 'out unassigned NotInScope'],
    ['Default Access', { entitlements: [byDefault] }, {}, undefined, 'out defaultAccess NotEffectivelyEntitled'],
    ['whole tenant without a filter: no flood', { entitlements: [] }, { scope: 'All' }, undefined, 'out unassigned NotInScope'],
    ['whole tenant with a filter', { entitlements: [] }, { scope: 'All' }, says(true), 'in'],
    ['whole tenant, fails the filter', { entitlements: [] }, { scope: 'All' }, says(false), 'out filter NotInScope'],
    ['deleted', { deleted: 'soft' }, {}, undefined, 'out softDeleted NotInScope'],
  ];
  it.each(cases)('%s', (_name, group, rules, filter, expected) => {
    expect(told(groupScope(aGroup(group), { ...RULES, ...rules }, filter))).toBe(expected);
  });
});

describe('grantedRoles', () => {
  const [near, far] = [[sourceId('g1')], [sourceId('g1'), sourceId('g2')]];
  it.each([
    [
      'direct before group, though the application lists the other first',
      [
        ['r-user', near],
        ['r-agent', []],
      ],
      ['r-agent', 'r-user'],
    ],
    [
      'of the same kind, the order of the application',
      [
        ['r-agent', near],
        ['r-user', far],
      ],
      ['r-user', 'r-agent'],
    ],
    [
      'roles that are disabled or unknown do not count',
      [
        ['r-gone', []],
        ['r-nobody', []],
        [DEFAULT_ACCESS_ROLE_ID, []],
      ],
      [],
    ],
  ] as [string, [string, string[]][], string[]][])('%s', (_name, given, expected) => {
    const entitlements = given.map(([appRoleId, path], at) =>
      anEntitlement({ assignmentId: `a${at}`, appRoleId, path: path.map(sourceId) }),
    );
    expect(grantedRoles(entitlements, APP_ROLES).map(({ role }) => role.id)).toEqual(expected);
    expect(grantedRoles([...entitlements].reverse(), APP_ROLES).map(({ role }) => role.id)).toEqual(expected);
  });
});

describe('of the same role', () => {
  const one = (assignmentId: string, ...path: string[]) => anEntitlement({ assignmentId, path: path.map(sourceId) });
  it.each([
    ['nearer before farther', [one('a1', 'g1', 'g2'), one('a2', 'g3')], ['a2', 'a1']],
    ['equally near, the order of the assignments', [one('a2', 'g1'), one('a1', 'g2')], ['a1', 'a2']],
    ['farther, whatever the order of the assignments', [one('a1', 'g1', 'g2', 'g3'), one('a2', 'g1', 'g2')], ['a2', 'a1']],
  ])('%s', (_name, entitlements, expected) => {
    for (const given of [entitlements, [...entitlements].reverse()])
      expect(grantedRoles(given, APP_ROLES).map(({ entitlement }) => entitlement.assignmentId)).toEqual(expected);
  });
});

describe('why somebody is in scope', () => {
  const asUser = anEntitlement({ assignmentId: 'a2', appRoleId: 'r-user', path: [sourceId('g1'), sourceId('g2')] });
  const again = anEntitlement({ assignmentId: 'a3', path: [sourceId('g3')] });
  it.each([
    ['whole tenant', [], 'In scope because the scope is All.'],
    ['Default Access', [byDefault], 'Assigned with Default Access.'],
    ['directly', [anEntitlement()], 'Assigned directly with role Agent.'],
    ['through groups', [asUser], 'Assigned through group g1 in g2 with role User.'],
    ['another role is named', [anEntitlement(), asUser], 'Assigned directly with role Agent. Passed over: User.'],
    ['the same role twice is not', [anEntitlement(), again], 'Assigned directly with role Agent.'],
  ])('%s', (_name, entitlements, reason) => {
    expect(userScope(aUser({ entitlements }), { ...RULES, scope: 'All' })).toMatchObject({ kind: 'in', reason });
  });
});
