import { parseDate } from '../expression/date-text';
import { compileRegex } from '../expression/dotnet-regex';

/** Yes, no, or not known. Unknown is carried through to the end, because unknown never deprovisions. */
export type Tristate = boolean | 'unknown';

/** A check of one non-empty text, made from the clause's values. Unknown when the text is too large to be searched. */
export type Check = (text: string) => Tristate;

/**
 * A filter operator. `presence` asks only whether there is a value; `values` compares it; `membership` asks for groups.
 * `isNegative` is the negation for a non-empty value: no element may match any of the values.
 */
export type Operator =
  | { readonly kind: 'presence'; readonly name: string; readonly wantsValue: boolean }
  | { readonly kind: 'membership'; readonly name: string; readonly isNegative: boolean }
  | {
      readonly kind: 'values';
      readonly name: string;
      readonly isNegative: boolean;
      readonly isUnary?: boolean;
      /** Makes the check for one value, or says what is wrong with the value. */
      readonly prepare: (value: string) => Check | string;
    };

const wholeText = /^[+-]?\d{1,30}$/;

function integer(text: string): bigint | undefined {
  const trimmed = text.trim();
  return wholeText.test(trimmed) ? BigInt(trimmed.replace('+', '')) : undefined;
}

function numeric(name: string, holds: (attribute: bigint, value: bigint) => boolean): Operator {
  return {
    kind: 'values',
    name,
    isNegative: false,
    prepare: (value) => {
      const limit = integer(value);
      if (limit === undefined) return 'must be a whole number';
      return (text) => {
        const number = integer(text);
        return number !== undefined && holds(number, limit);
      };
    },
  };
}

function dated(name: string, holds: (attribute: number, value: number) => boolean): Operator {
  return {
    kind: 'values',
    name,
    isNegative: false,
    prepare: (value) => {
      const limit = parseDate(value);
      if (limit === undefined) return 'must be a date in ISO 8601, such as 2026-01-31';
      return (text) => {
        const instant = parseDate(text);
        return instant !== undefined && holds(instant.epochMs, limit.epochMs);
      };
    },
  };
}

/** How a Boolean of the directory prints, for a text that means one; undefined for any other text. */
function booleanWord(value: string): string | undefined {
  const word = value.trim().toLowerCase();
  return word === 'true' ? 'True' : word === 'false' ? 'False' : undefined;
}

/** Equality with case, and without it for what a Boolean of the directory is compared with. */
function equality(name: string, isNegative: boolean): Operator {
  return {
    kind: 'values',
    name,
    isNegative,
    prepare: (value) => {
      const word = booleanWord(value);
      return (text) => text === value || text === word;
    },
  };
}

function textual(name: string, isNegative: boolean, holds: (attribute: string, value: string) => boolean): Operator {
  return { kind: 'values', name, isNegative, prepare: (value) => (text) => holds(text, value) };
}

function regex(name: string, isNegative: boolean): Operator {
  return {
    kind: 'values',
    name,
    isNegative,
    prepare: (value) => {
      const compiled = compileRegex(value);
      if (compiled.ok) return (text) => (compiled.regex.isAffordable(text.length) ? compiled.regex.test(text) : 'unknown');
      if (/\(\?<?!/.test(value))
        return `is refused: look-ahead and look-behind are not supported. For values in which a pattern is not found, use ${isNegative ? 'REGEX MATCH' : 'NOT REGEX MATCH'} with the pattern inside \`(?!…)\`; clauses of a group must all hold`;
      return `is refused: ${compiled.message}${compiled.hint === undefined ? '' : ` (${compiled.hint})`}`;
    },
  };
}

function boolean(name: string, wanted: string): Operator {
  return { kind: 'values', name, isNegative: false, isUnary: true, prepare: () => (text) => text.toLowerCase() === wanted };
}

const includedIn = (attribute: string, value: string): boolean => value.includes(attribute);

/**
 * The documented operators, then ours (from STARTS WITH on), under the names in which Microsoft prints them.
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/define-conditional-rules-for-provisioning-user-accounts
 */
export const operators: readonly Operator[] = [
  textual('&', false, includedIn),
  textual('!&', true, includedIn),
  textual('ENDS_WITH', false, (attribute, value) => attribute.endsWith(value)),
  equality('EQUALS', false),
  equality('NOT EQUALS', true),
  numeric('Greater_Than', (attribute, value) => attribute > value),
  numeric('Greater_Than_OR_EQUALS', (attribute, value) => attribute >= value),
  textual('Includes', false, (attribute, value) => attribute.includes(value)),
  boolean('IS TRUE', 'true'),
  boolean('IS FALSE', 'false'),
  { kind: 'presence', name: 'IS NULL', wantsValue: false },
  { kind: 'presence', name: 'IS NOT NULL', wantsValue: true },
  regex('REGEX MATCH', false),
  regex('NOT REGEX MATCH', true),
  textual('STARTS WITH', false, (attribute, value) => attribute.startsWith(value)),
  numeric('LESS_THAN', (attribute, value) => attribute < value),
  numeric('LESS_THAN_OR_EQUALS', (attribute, value) => attribute <= value),
  textual('EQUALS (ignore case)', false, (attribute, value) => attribute.toLowerCase() === value.toLowerCase()),
  dated('BEFORE', (attribute, value) => attribute < value),
  dated('AFTER', (attribute, value) => attribute > value),
  { kind: 'membership', name: 'IS MEMBER OF', isNegative: false },
  { kind: 'membership', name: 'IS NOT MEMBER OF', isNegative: true },
];

const byNormalName: ReadonlyMap<string, Operator> = new Map(operators.map((operator) => [normalName(operator.name), operator]));

/** The operator of a name, compared without case, blanks, underscores and parentheses; `undefined` when there is none. */
export function findOperator(name: string): Operator | undefined {
  return byNormalName.get(normalName(name));
}

/** Whether an operator asks about the attribute alone, so that its clause has no values. */
export const comparesWithNothing = (operator: Operator): boolean =>
  operator.kind === 'presence' || (operator.kind === 'values' && operator.isUnary === true);

/** A name as names are compared: without case, blanks, underscores and parentheses. */
export function normalName(name: string): string {
  return name
    .slice(0, 100)
    .replace(/[\s_()]+/g, '')
    .toUpperCase();
}
