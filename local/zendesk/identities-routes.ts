import { json } from '../http-kit';
import { forbidden, invalid, RecordInvalid, recordNotFound } from './errors';
import { pageOf } from './paging';
import { presentIdentity } from './present';
import { userOf } from './route-kit';
import type { IdentityRow } from './rows';
import { checkEmail, text } from './user-input';
import { addIdentity, mirrorPrimary } from './user-rules';
import type { Call, Route } from './world';

/** E-mails and phones of a user: https://developer.zendesk.com/api-reference/ticketing/users/user_identities/ */
export function identityRoutes(route: Route): void {
  const list = '/api/v2/users/{user_id}/identities';
  const one = `${list}/{user_identity_id}`;
  route('GET', list, 'agent', (call) => json(200, identitiesPage(call)));
  route('GET', one, 'agent', (call) => json(200, { identity: presentIdentity(call.world, identityOf(call)) }));
  route('POST', list, 'agent', create);
  route('PUT', one, 'agent', update);
  route('DELETE', one, 'agent', remove);
  route('PUT', `${one}/make_primary`, 'agent', (call) => {
    const identity = identityOf(call);
    const user = userOf(call);
    guardOwner(call, identity);
    for (const other of call.world.state.identitiesOf(user.id))
      if (other.type === identity.type) other.primary = other.id === identity.id;
    identity.updated_at = call.world.timestamp();
    mirrorPrimary(call.world, user);
    // The answer is the whole list, not the one identity.
    return json(200, identitiesPage(call));
  });
  route('PUT', `${one}/verify`, 'agent', (call) => {
    const identity = identityOf(call);
    guardOwner(call, identity);
    verify(call, identity);
    return json(200, { identity: presentIdentity(call.world, identity) });
  });
  route('PUT', `${one}/request_verification`, 'agent', (call) => {
    const identity = identityOf(call);
    call.world.state.sentMails.push({ kind: 'verification', user_id: identity.user_id, to: identity.value });
    return json(200);
  });
}

function create(call: Call) {
  const user = userOf(call);
  const body = call.body('identity');
  const type = text(body, 'type') ?? '';
  const value = text(body, 'value')?.trim() ?? '';
  if (!type) throw invalid('type', 'BlankValue', 'Type: cannot be blank', 'Tipo: no puede estar en blanco');
  if (!value) throw invalid('value', 'BlankValue', 'Value: cannot be blank', 'Valor: no puede estar en blanco');
  if (type === 'email') {
    // An address the user has already is as taken as anybody else's.
    checkEmail(call.world, value, undefined, rethrowAsValue);
  } else if (type === 'phone_number' && call.world.state.phoneIdentity(value)) {
    throw invalid(
      'value',
      'DuplicateValue',
      `Value: ${value} is already being used by another user`,
      `Valor: ${value} ya está siendo utilizado`,
    );
  }
  const isVerified = body.verified === true || body.verification_method === 'low';
  const identity = addIdentity(call.world, user, {
    type,
    value,
    verified: isVerified,
    isMailSkipped: body.skip_verify_email === true,
  });
  if (body.primary === true && !identity.primary) {
    for (const other of call.world.state.identitiesOf(user.id)) if (other.type === type) other.primary = other.id === identity.id;
    mirrorPrimary(call.world, user);
  }
  return json(201, { identity: presentIdentity(call.world, identity) });
}

/** May change `value` and verify; never `primary` (the text of the page: use make_primary). */
function update(call: Call) {
  const identity = identityOf(call);
  const user = userOf(call);
  const body = call.body('identity');
  guardOwner(call, identity);
  const method = body.verification_method;
  if (method !== undefined && method !== 'none' && method !== 'low') {
    throw invalid(
      'verification_method',
      'InvalidValue',
      'Verification method: must be none or low',
      'Método de verificación: no es válido',
    );
  }
  const value = text(body, 'value')?.trim();
  if (value && value !== identity.value) {
    if (identity.type === 'email') checkEmail(call.world, value, user, rethrowAsValue);
    call.world.state.changeIdentityValue(identity, value);
    if (call.world.faults.identityValueChange === 'unverifies') identity.verified = false;
  }
  if (body.verified === true || method === 'low') identity.verified = true;
  if (body.verified === false || method === 'none') identity.verified = false;
  identity.updated_at = call.world.timestamp();
  mirrorPrimary(call.world, user);
  return json(200, { identity: presentIdentity(call.world, identity) });
}

function remove(call: Call) {
  const identity = identityOf(call);
  guardOwner(call, identity);
  if (identity.primary && identity.type === 'email') {
    throw invalid(
      'base',
      'InvalidValue',
      'The primary email identity cannot be deleted',
      'La identidad principal no se puede eliminar',
    );
  }
  const user = userOf(call);
  call.world.state.removeIdentity(identity);
  if (identity.type === 'phone_number' && user.phone === identity.value) user.phone = null;
  mirrorPrimary(call.world, user);
  return json(204);
}

function verify(call: Call, identity: IdentityRow): void {
  identity.verified = true;
  identity.updated_at = call.world.timestamp();
  mirrorPrimary(call.world, userOf(call));
}

/** Nobody else touches the owner's e-mail (note on the page's verify operation). */
function guardOwner(call: Call, identity: IdentityRow): void {
  if (identity.user_id === call.world.state.ownerId && call.actor.user?.id !== identity.user_id) throw forbidden();
}

function identityOf(call: Call): IdentityRow {
  const user = userOf(call);
  const identity = call.world.state.identities.get(call.id('user_identity_id'));
  if (!identity || identity.user_id !== user.id) throw recordNotFound();
  return identity;
}

function identitiesPage(call: Call): Record<string, unknown> {
  const type = call.query.get('type');
  const rows = call.world.state.identitiesOf(userOf(call).id).filter((identity) => type === null || identity.type === type);
  return pageOf(call, { key: 'identities', rows, present: (row) => presentIdentity(call.world, row), idOf: (row) => row.id });
}

/** The identities endpoint names the attribute `value`, the users endpoint `email`. */
function rethrowAsValue(error: RecordInvalid): never {
  throw new RecordInvalid(...error.violations.map((violation) => ({ ...violation, field: 'value' })));
}
