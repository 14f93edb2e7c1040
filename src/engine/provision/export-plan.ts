import type { AttributeValue, SourceId } from '../../core/model';
import { OPEN_TICKETS } from '../../core/plan';
import type { AttributeChange, Plan } from '../../core/plan-model';
import { DEFAULT_ROLE } from '../../core/role';
import type { NewTargetUser, TargetUserChanges } from '../../ports/target-connector';

/** Attributes of a user that have a place of their own in the target connector's calls. */
const OWN_PLACE: ReadonlySet<string> = new Set(['external_id', 'email', 'name', 'role', 'suspended', OPEN_TICKETS]);

/** The account that a plan of action `create` asks for. */
export function newUserOf(plan: Plan, source: SourceId): NewTargetUser {
  const value = (name: string): AttributeValue => plan.changes.find((change) => change.attribute === name)?.newValue ?? null;
  const email = value('email');
  return {
    externalId: String(value('external_id') ?? source),
    name: String(value('name') ?? ''),
    email: email === null ? null : String(email),
    role: plan.role ?? DEFAULT_ROLE,
    suspended: value('suspended') === true,
    attributes: plainAttributes(plan.changes),
    sendWelcomeMail: false,
  };
}

/** What a plan for an existing account writes. */
export function changesOf(plan: Plan): TargetUserChanges {
  const changes: { -readonly [K in keyof TargetUserChanges]: TargetUserChanges[K] } = {};
  for (const { attribute, newValue } of plan.changes) {
    if (attribute === 'external_id') changes.externalId = newValue === null ? null : String(newValue);
    if (attribute === 'email' && newValue !== null) changes.email = String(newValue);
    if (attribute === 'name') changes.name = String(newValue);
    if (attribute === 'suspended') changes.suspended = newValue === true;
  }
  if (plan.role) changes.role = plan.role;
  const attributes = plainAttributes(plan.changes);
  if (Object.keys(attributes).length > 0) changes.attributes = attributes;
  return changes;
}

function plainAttributes(changes: readonly AttributeChange[]): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  for (const { attribute, newValue } of changes) if (!OWN_PLACE.has(attribute)) attributes[attribute] = newValue;
  return attributes;
}
