import type { Attributes, AttributeValue } from '../model';

/** What a mapping reads of objects other than the one that is mapped: their changes are changes of those who depend on them. */
export interface Dependencies {
  /**
   * Graph properties of the manager, sorted; empty when nothing reads `manager.<property>`. Each is among the mapping's `sourceAttributes` under
   * its bare name too, so that Graph's delta reports a manager's change, and `manager.id` is, so that a row says whose report it is.
   */
  readonly managerProperties: readonly string[];
  /** Ids of the groups whose members a filter asks for; lower case, sorted. Groups are named by id, so that a renaming changes nothing. */
  readonly groupIds: readonly string[];
}

const MANAGER = 'manager.';

/** The properties to ask Graph for so that what a mapping reads of managers can be followed; nothing where it reads nothing of them. */
export function propertiesForManagers(properties: readonly string[]): readonly string[] {
  const ofManagers = managerProperties(properties);
  return ofManagers.length === 0 ? [] : [`${MANAGER}id`, ...ofManagers];
}

/** What mappings and filter depend on, by what they read. */
export function dependenciesOf(sourceAttributes: readonly string[], filterGroupIds: readonly string[]): Dependencies {
  return { managerProperties: managerProperties(sourceAttributes), groupIds: filterGroupIds };
}

/** Who somebody's manager is shows in the user's own change; only the manager's other properties need following. */
function managerProperties(properties: readonly string[]): readonly string[] {
  const names = properties.filter((name) => name.startsWith(MANAGER)).map((name) => name.slice(MANAGER.length));
  return [...new Set(names)].filter((name) => name !== 'id').sort();
}

/** Whether mappings read anything of managers that changes without the report. */
export const followsManagers = ({ managerProperties: names }: Dependencies): boolean => names.length > 0;

/** What is known of a manager, as the rows of the reports have it: `manager.<property>` by what mappings read. Pure; never throws. */
export function asToldOfManager({ managerProperties: names }: Dependencies, manager: Attributes): Attributes {
  const own: Record<string, AttributeValue> = Object.create(null);
  for (const name of names) {
    const value = Object.hasOwn(manager, name) ? manager[name] : undefined;
    if (value !== undefined) own[`${MANAGER}${name}`] = value;
  }
  return own;
}
