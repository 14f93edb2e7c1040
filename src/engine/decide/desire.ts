import { type Desired, type DesireRules, desiredGroup, desiredUser, type ToMap, valuesToTry } from '../../core/desired';
import type { SourceObject } from '../../core/model';
import type { TargetDescription } from '../../ports/target-connector';
import type { EngineReads } from '../deps';
import { findFreeValues } from './free-values';

/** What mapping depends on besides the object. */
export const desireRules = (
  { settings, clock, newId, random }: Pick<EngineReads, 'settings' | 'clock' | 'newId' | 'random'>,
  account: TargetDescription,
): DesireRules => ({ account, defaultAccess: settings.defaultAccess, now: clock(), newGuid: newId, random });

/**
 * Maps an object as it is to be: adopted or kept where there is a target, else made anew. Values that must be unique in Zendesk are looked up
 * for those who are about to get an account, and for nobody else.
 * @throws MappingError, UnknownRoleError as {@link desiredUser}; what the connector throws
 */
export async function desireObject(
  reads: EngineReads,
  account: TargetDescription,
  toMap: ToMap & { readonly object: SourceObject },
): Promise<Desired> {
  const { users, groups } = reads.schema;
  const rules = desireRules(reads, account);
  if (toMap.object.type === 'group') return desiredGroup(toMap, groups, rules);
  if (toMap.mode === 'update') return desiredUser(toMap, users, rules);
  const isUnique = await findFreeValues(reads.target, valuesToTry(toMap, users, rules));
  return desiredUser(toMap, users, rules, isUnique);
}

/** Maps an object to learn what to look for, without a question to Zendesk. @throws as {@link desireObject} */
export function desireToMatch(reads: EngineReads, account: TargetDescription, toMap: ToMap): Desired {
  const rules = desireRules(reads, account);
  return toMap.object.type === 'user'
    ? desiredUser(toMap, reads.schema.users, rules)
    : desiredGroup(toMap, reads.schema.groups, rules);
}
