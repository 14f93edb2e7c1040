import { attributesOf, type Desired, groupAttributesOf } from '../../core/desired';
import { ProvisioningError } from '../../core/errors';
import { changesFor } from '../../core/map/changes';
import type { AttributeValue, Link, SourceObject, TargetGroup, TargetUser } from '../../core/model';
import { roleText } from '../../core/plan';
import type { ObjectMapping } from '../../core/schema/model';
import type { ScopeDecision } from '../../core/scope';
import { desireObject } from '../decide/desire';
import type { EngineDeps } from '../deps';

/** One mapped attribute: what it is made from, what it should be, and what Zendesk has. */
export interface ComparedAttribute {
  /** Zendesk's name of it. */
  readonly name: string;
  /** The source as the mapping has it: `[mail]`, a constant, an expression. */
  readonly source: string;
  /** 0 is not a matching attribute. */
  readonly matchingPriority: number;
  readonly flowType: string;
  /** As text; null for no value; undefined where the mapping makes none. */
  readonly wanted: string | null | undefined;
  /** As text; null for no value; undefined where there is no account, or Zendesk does not show it. */
  readonly inZendesk: string | null | undefined;
  readonly state: 'same' | 'differs' | 'leftAlone';
}

/** What the mappings make of an object, beside what Zendesk has. */
export interface Comparison {
  readonly attributes: readonly ComparedAttribute[];
  /** Attributes that are left out, and why. */
  readonly warnings: readonly string[];
  /** Why the mappings make nothing of it, or Zendesk could not be read; null when neither. */
  readonly mappingError: string | null;
  readonly targetError: string | null;
  /** As Zendesk has it now; undefined when there is none, or it could not be read. */
  readonly target: TargetUser | TargetGroup | undefined;
}

const REDACTED = '(not shown: the mapping redacts it)';

/** Compares one object with its account, attribute by attribute. Reads Zendesk once; writes nothing. */
export async function compareObject(
  deps: EngineDeps,
  object: SourceObject,
  decision: ScopeDecision,
  link: Link | null,
): Promise<Comparison> {
  const { users, groups } = deps.schema;
  const mapping = object.type === 'user' ? users : groups;
  const { target, error: targetError } = await targetOf(deps, link);
  const roles = target && 'role' in target && target.role.customRoleId !== null ? (await deps.target.describe()).customRoles : [];
  const { desired, error: mappingError } = await desiredOf(deps, object, decision, target !== undefined);
  return {
    attributes: mapping ? compared(mapping, desired, target, link, new Map(roles.map(({ id, name }) => [id, name]))) : [],
    warnings: desired?.warnings ?? [],
    mappingError,
    targetError,
    target,
  };
}

async function targetOf(deps: EngineDeps, link: Link | null) {
  if (!link) return { target: undefined, error: null };
  try {
    const target = await (link.type === 'user' ? deps.target.getUser(link.targetId) : deps.target.getGroup(link.targetId));
    return { target, error: target ? null : 'Zendesk has no account with this id any more.' };
  } catch (error) {
    return { target: undefined, error: wordsOf(error) };
  }
}

async function desiredOf(deps: EngineDeps, object: SourceObject, decision: ScopeDecision, isThere: boolean) {
  try {
    const account = await deps.target.describe();
    return { desired: await desireObject(deps, account, { object, decision, mode: isThere ? 'update' : 'create' }), error: null };
  } catch (error) {
    return { desired: undefined, error: wordsOf(error) };
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof ProvisioningError) return error.message;
  throw error;
}

function compared(
  { mappings, objectType }: ObjectMapping,
  desired: Desired | undefined,
  target: TargetUser | TargetGroup | undefined,
  link: Link | null,
  roleNames: ReadonlyMap<string, string>,
): readonly ComparedAttribute[] {
  const current = target && currentOf(target);
  const customRole =
    target && 'role' in target && target.role.customRoleId !== null ? roleNames.get(target.role.customRoleId) : undefined;
  const differing = new Set(desired && current ? differences(objectType, desired, current, target, link) : []);
  return mappings.map(({ target: { name, isShown }, text, matchingPriority, flowType }) => {
    const value = desired?.object.values.get(name);
    const isRedacted = value?.redacted === true;
    const show = (one: AttributeValue): string | null => (isRedacted && one !== null ? REDACTED : textOf(one));
    const state = differing.has(name) ? 'differs' : value === undefined ? 'leftAlone' : 'same';
    return {
      name,
      source: text,
      matchingPriority,
      flowType,
      wanted: value && show(value.value),
      inZendesk:
        current === undefined || !isShown
          ? undefined
          : name === 'role' && customRole !== undefined
            ? customRole
            : show(current[name] ?? null),
      state: current === undefined ? 'leftAlone' : state,
    };
  });
}

/** Everything of an account by target name, its role and suspension too. */
function currentOf(target: TargetUser | TargetGroup): Record<string, AttributeValue> {
  if (!('role' in target)) return groupAttributesOf(target);
  const { role, suspended } = target;
  return Object.assign(attributesOf(target), { role: roleText(role), custom_role_id: role.customRoleId, suspended });
}

function differences(
  type: 'user' | 'group',
  desired: Desired,
  current: Record<string, AttributeValue>,
  target: TargetUser | TargetGroup | undefined,
  link: Link | null,
): readonly string[] {
  const names = changesFor(desired.object, current, {
    type,
    mode: 'update',
    ownedTags: link?.ownedTags ?? [],
    ...(target && 'role' in target && { role: target.role }),
    ...(target && 'organizationsByExternalId' in target && target.organizationsByExternalId
      ? { organizationsByExternalId: target.organizationsByExternalId }
      : {}),
  }).map(({ attribute }) => attribute);
  if (desired.suspended !== null && desired.suspended !== current['suspended']) names.push('suspended');
  if (desired.role && roleText(desired.role) !== current['role']) names.push('role');
  return names;
}

const textOf = (value: AttributeValue): string | null =>
  value === null ? null : Array.isArray(value) ? value.join(', ') : String(value);
