import type { TargetRole } from '../model';
import type { TargetAttribute } from '../target-attributes';

/**
 * Why an account of a role has no place for a value, or undefined when it has. Zendesk takes most of these without a word and changes nothing,
 * or something else, so that they would be written in every cycle.
 * @see https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format
 */
export function holderMismatch({ name, holders }: TargetAttribute, value: unknown, role: TargetRole): string | undefined {
  if (holders === undefined) return undefined;
  if (role.role !== 'end-user') return holders === 'agents' ? undefined : roleDecides(name, role);
  if (holders !== 'byValue') return `only agents have ${name}, and this user is an end user`;
  return value === 'groups' || value === 'assigned' ? `${name} of an end user is organization or requested` : undefined;
}

function roleDecides(name: string, role: TargetRole): string | undefined {
  if (role.role === 'admin') return `${name} has no effect on an admin`;
  return role.customRoleId === null ? undefined : `the agent's custom role decides ${name}`;
}
