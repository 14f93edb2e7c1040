import type { SourceValue } from '../../core/expression/values';
import { sourceView } from '../../core/map/source-view';
import type { Attributes, ObjectType } from '../../core/model';
import { sourceAttribute } from '../../core/schema/source-attributes';
import { readRules } from '../decide/due';
import { decideScope } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import { findSubject, hitLine } from '../find-subject';
import { readNow } from './read-subject';

/** An object to try an expression or a filter on: one that was made up, or a real one of Entra ID. */
export interface TestObject {
  /** The attribute, by its exact name; undefined means none. */
  attribute(name: string): SourceValue;
  /** Whether it is a member of a group (id in lower case); undefined: not known of any group. */
  readonly isMemberOf?: (groupId: string) => boolean;
}

/** A real object to try on, or why there is none to be had. */
export type TestObjectRead =
  | { readonly kind: 'found'; readonly object: TestObject }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** An object made up from values by name. */
export function madeUpObject(values: ReadonlyMap<string, SourceValue>): TestObject {
  const groups = values.get('memberOf');
  const ids = groups === undefined ? undefined : [groups].flat().map((id) => String(id).toLowerCase());
  return {
    attribute: (name) => values.get(name),
    ...(ids && { isMemberOf: (groupId: string) => ids.includes(groupId) }),
  };
}

/**
 * A real user or group as Entra ID has it now, with what mappings read besides its attributes: `IsSoftDeleted` and the app roles, decided as a
 * cycle would. Writes nothing.
 * @param name As findSubject takes it.
 * @param attributes What the expression or filter reads, in Entra's or in Graph's spelling.
 */
export async function readTestObject(
  deps: EngineDeps,
  type: ObjectType,
  name: string,
  attributes: readonly string[],
): Promise<TestObjectRead> {
  const found = await findSubject(deps, name, type);
  if (found.kind === 'several') return { kind: 'unknown', reason: `Several are meant: ${found.hits.map(hitLine).join('; ')}.` };
  if (found.kind !== 'one') return { kind: 'notFound' };
  const extra = attributes.flatMap((one) => sourceAttribute(type, one)?.property ?? []);
  const read = await readNow(deps, found.key, extra);
  if (read.kind !== 'found') return read;
  const { object, above } = read;
  const decision = decideScope(deps, (await readRules(deps)).appRoles, object, above);
  const whole: Attributes = { ...object.attributes, id: object.id };
  const groups = new Set<string>(above.map((ancestor) => ancestor.groupId));
  return {
    kind: 'found',
    object: {
      attribute: sourceView({
        type,
        attributes: whole,
        isSoftDeleted: decision.kind !== 'in',
        appRoleAssignments: decision.kind === 'in' ? decision.roles.map(({ role }) => role) : [],
      }),
      isMemberOf: (groupId) => groups.has(groupId),
    },
  };
}
