import { allows, whoAsks } from '../../src/functions/principal';
import { CLIENT, claimsOf, headerOf, OPERATOR, TENANT } from '../support/console-app';

const ON = { isOn: true, tenantId: TENANT, clientId: CLIENT };
const headers = (principal: string | undefined) =>
  new Headers(principal === undefined ? {} : { 'x-ms-client-principal': principal });
const claims = claimsOf(OPERATOR);
const without = (typ: string) => claims.filter((one) => one.typ !== typ);
const withOther = (typ: string, val: string) => [...without(typ), { typ, val }];
const TID = 'http://schemas.microsoft.com/identity/claims/tenantid';
const OID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
const OTHER = '99999999-0000-4000-8000-000000000000';

describe('who asks', () => {
  test('a person of our tenant, signed in for our registration', () => {
    expect(whoAsks(ON, headers(headerOf(claims)))).toEqual({
      kind: 'person',
      principal: { id: OPERATOR.id, name: OPERATOR.name, role: 'Operate' },
    });
  });

  test.each([
    ['1 the platform does not say that its authentication is on', { ...ON, isOn: false }, headerOf(claims), 'off'],
    ['1 nothing is known of it', undefined, headerOf(claims), 'off'],
    ['2 no registration is named', { isOn: true, tenantId: TENANT }, headerOf(claims), 'off'],
    ['3 there is no header', ON, undefined, 'nobody'],
    ['3 it is not base64', ON, JSON.stringify({ auth_typ: 'aad', claims }), 'nobody'],
    ['3 it is not JSON', ON, Buffer.from('{"auth_typ":"aad"').toString('base64'), 'nobody'],
    ['3 it is of another shape', ON, Buffer.from('{"auth_typ":"aad","claims":{}}').toString('base64'), 'nobody'],
    ['3 it is too long', ON, headerOf([...claims, { typ: 'x', val: 'y'.repeat(70_000) }]), 'nobody'],
    ['3 another provider signed them in', ON, headerOf(claims, 'google'), 'nobody'],
    ['4 the tenant is another', ON, headerOf(withOther(TID, OTHER)), 'stranger'],
    ['4 the tenant is not said', ON, headerOf(without(TID)), 'stranger'],
    ['4 two tenants are said', ON, headerOf([...claims, { typ: 'tid', val: OTHER }]), 'stranger'],
    [
      '4 the issuer is of another tenant',
      ON,
      headerOf(withOther('iss', `https://login.microsoftonline.com/${OTHER}/v2.0`)),
      'stranger',
    ],
    [
      '4 the issuer only begins alike',
      ON,
      headerOf(withOther('iss', `https://login.microsoftonline.com/${TENANT}/v2.0/x`)),
      'stranger',
    ],
    ['4 the issuer is not said', ON, headerOf(without('iss')), 'stranger'],
    ['5 the token is for another application', ON, headerOf(withOther('aud', OTHER)), 'stranger'],
    ['5 the audience is not said', ON, headerOf(without('aud')), 'stranger'],
    ['5 two audiences are said', ON, headerOf([...claims, { typ: 'aud', val: OTHER }]), 'stranger'],
    ['6 there is no object id', ON, headerOf(without(OID)), 'stranger'],
    ['6 the object id is a name', ON, headerOf(withOther(OID, 'ops@contoso.com')), 'stranger'],
    ['6 two object ids are said', ON, headerOf([...claims, { typ: 'oid', val: OTHER }]), 'stranger'],
  ] as const)('not believed: %s', (_, signIn, header, kind) => {
    expect(whoAsks(signIn, headers(header)).kind).toBe(kind);
  });

  test.each([
    ['an access token', `api://${CLIENT}`],
    ['an id token in capitals', CLIENT.toUpperCase()],
  ])('the audience of %s', (_, audience) => {
    expect(whoAsks(ON, headers(headerOf(withOther('aud', audience)))).kind).toBe('person');
  });

  test('the highest role counts, and only roles of this app', () => {
    const role = (...vals: string[]) => {
      const sight = whoAsks(ON, headers(headerOf([...without('roles'), ...vals.map((val) => ({ typ: 'roles', val }))])));
      return sight.kind === 'person' ? sight.principal.role : 'refused';
    };
    expect(role('Provisioning.Read', 'Provisioning.Approve')).toBe('Approve');
    expect(role('Provisioning.Read')).toBe('Read');
    expect(role('Approve', 'provisioning.approve', 'Provisioning.Admin')).toBeUndefined();
    expect(role()).toBeUndefined();
  });

  test('a role includes those below it', () => {
    expect(allows('Approve', 'Read') && allows('Operate', 'Read') && allows('Read', 'Read')).toBe(true);
    expect(allows('Read', 'Operate') || allows('Operate', 'Approve') || allows(undefined, 'Read')).toBe(false);
  });

  test('a name without control characters, and the object id where there is none', () => {
    const named = (val: string) => whoAsks(ON, headers(headerOf(withOther('name', val))));
    expect(named('An\u202en\n ')).toMatchObject({ principal: { name: 'Ann' } });
    expect(named(' ')).toMatchObject({ principal: { name: OPERATOR.id } });
  });
});
