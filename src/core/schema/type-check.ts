import { isWebAddress, TICKET_RESTRICTIONS } from '../map/normalise';
import type { ObjectType } from '../model';
import type { TargetAttribute } from '../target-attributes';
import type { MappingSource } from './model';
import { quote } from './report';
import { sourceAttribute } from './source-attributes';

/** What a source is known to give before there is any data. */
type Shape = 'boolean' | 'list' | 'unknown';

const booleanFunctions: ReadonlySet<string> = new Set(['Not', 'CBool', 'IsNull', 'IsNullOrEmpty', 'IsPresent', 'IsString']);
const listFunctions: ReadonlySet<string> = new Set([
  'Split',
  'RemoveDuplicates',
  'AppRoleAssignmentsComplex',
  'AssertiveAppRoleAssignmentsComplex',
]);

/** What is wrong with a source for its target, or undefined when it may fit. Fixed values are checked whole, others by what is known of them. */
export function sourceMismatch(type: ObjectType, source: MappingSource, target: TargetAttribute): string | undefined {
  if (target.kind === 'members') {
    const isMembers = source.kind === 'attribute' && source.name === 'members';
    return isMembers ? undefined : 'The members of a group can come only from the attribute [members]';
  }
  if (source.kind === 'none') return undefined;
  if (source.kind === 'constant') return valueMismatch(source.value, target);
  const shape = shapeOf(type, source);
  const call = source.kind === 'function' ? nameOfCall(source.expression.text) : undefined;
  const what = source.kind === 'attribute' ? `[${source.name}]` : call === undefined ? 'The source' : `${call}(…)`;
  if (source.kind === 'attribute' && sourceAttribute(type, source.name)?.kind === 'reference') {
    return `${what} is a list of references, which ${target.name} cannot hold`;
  }
  if (shape === 'list' && !holdsLists(target)) {
    const isRoles = /^(?:Assertive)?AppRoleAssignmentsComplex\(|^\[appRoleAssignments\]$/.test(what);
    const one = isRoles
      ? 'SingleAppRoleAssignment([appRoleAssignments])'
      : `Item(${source.kind === 'attribute' ? what : '…'}, 1)`;
    return `${what} is a list and ${target.name} holds one value; take one with ${one}`;
  }
  if (shape === 'boolean' && !holdsBooleans(target)) return `${what} is True or False, which ${target.name} cannot hold`;
  if (source.kind === 'attribute' && shape !== 'boolean' && target.kind === 'boolean' && !mayBeBoolean(source.name)) {
    return `${what} is text and ${target.name} is True or False; convert it with IIF or Switch`;
  }
  return undefined;
}

/** What is wrong with a fixed text for a target; undefined when Zendesk could take it. What an account lacks is checked later. */
export function valueMismatch(value: string, target: TargetAttribute): string | undefined {
  if (target.maxLength !== undefined && value.length > target.maxLength) {
    return `The value is longer than the ${target.maxLength} characters that ${target.name} holds`;
  }
  switch (target.kind) {
    case 'boolean':
      return /^(?:true|false)$/i.test(value) ? undefined : `${target.name} is True or False, but the value is ${quote(value)}`;
    case 'email':
      return /^[^\s@]+@[^\s@]+$/.test(value) ? undefined : `${quote(value)} is not an e-mail address`;
    case 'locale':
      return /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9-]+)?$/.test(value) ? undefined : `${quote(value)} is not a locale such as en-US`;
    case 'ticketRestriction':
      return TICKET_RESTRICTIONS.includes(value.trim().toLowerCase())
        ? undefined
        : `${target.name} is ${TICKET_RESTRICTIONS.join(', ')}, but the value is ${quote(value)}`;
    case 'webAddress':
      return isWebAddress(value.trim()) ? undefined : `${quote(value)} is not an address that begins with https://`;
    case 'members':
      return 'The members of a group can come only from the attribute [members]';
    default:
      return undefined;
  }
}

function shapeOf(type: ObjectType, source: Exclude<MappingSource, { kind: 'none' | 'constant' }>): Shape {
  if (source.kind === 'attribute') {
    if (source.name === 'IsSoftDeleted') return 'boolean';
    if (source.name === 'appRoleAssignments') return 'list';
    const kind = sourceAttribute(type, source.name)?.kind;
    return kind === 'boolean' || kind === 'list' ? kind : 'unknown';
  }
  const name = nameOfCall(source.expression.text);
  if (name === undefined) return 'unknown';
  if (booleanFunctions.has(name)) return 'boolean';
  return listFunctions.has(name) ? 'list' : 'unknown';
}

function holdsLists({ kind }: TargetAttribute): boolean {
  return kind === 'tags' || kind === 'organizations' || kind === 'brands' || kind === 'userField';
}

function holdsBooleans(target: TargetAttribute): boolean {
  return (
    target.kind === 'boolean' ||
    target.kind === 'userField' ||
    target.kind === 'tags' ||
    (target.kind === 'text' && !target.isMatchable)
  );
}

/** Extension attributes are texts in which administrators keep anything. */
function mayBeBoolean(attribute: string): boolean {
  return /extension|^ext|\./i.test(attribute);
}

function nameOfCall(text: string): string | undefined {
  return /^(\w+)\(/.exec(text)?.[1];
}
