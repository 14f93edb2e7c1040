import { compileExpression } from '../expression/compile';
import { functions } from '../expression/functions';
import { describeProblem } from '../expression/problems';
import { printText } from '../expression/syntax';
import { readText } from '../expression/tokens';
import { isObject, type JsonObject, own } from '../json-object';
import type { ObjectType } from '../model';
import { booleanSlips } from './boolean-slips';
import type { JsonPath } from './json';
import type { MappingSource } from './model';
import { nameOf, quote, type SchemaReport } from './report';
import { unknownAttribute } from './source-attributes';

/** The kinds of source that Graph knows. @see https://learn.microsoft.com/graph/api/resources/synchronization-attributemappingsource */
const SOURCE_TYPES = ['Attribute', 'Constant', 'Function'] as const;

type SourceType = (typeof SOURCE_TYPES)[number];

/** The deepest nesting of `parameters` that is followed. Ours; an expression nests no deeper. */
const MAX_PARAMETER_DEPTH = 100;

const bareAttribute = /^\s*\[([^[\]]+)\]\s*$/;
const bareText = /^\s*("(?:\\[\s\S]|[^"\\])*")\s*$/;

/** A source as read, with the text that people write for it. Undefined where it was refused. */
export interface ReadSource {
  readonly source: MappingSource;
  readonly text: string;
}

/**
 * Reads an `attributeMappingSource`. `expression` is the word that counts; where it is empty it is rebuilt from `name` and `parameters`, as
 * Graph prints both. Where both are there and disagree, the source is refused: nobody can tell which one was edited.
 */
export function readSource(type: ObjectType, value: unknown, path: JsonPath, report: SchemaReport): ReadSource | undefined {
  if (value === undefined || value === null) return { source: { kind: 'none' }, text: '' };
  if (!isObject(value)) {
    report.refuse(path, `Must be an object or null, but is ${nameOf(value)}`);
    return undefined;
  }
  const before = report.problems.length;
  const written = report.text(value, 'expression', path)?.trim() ?? '';
  const name = report.text(value, 'name', path);
  const kind = readType(value, written, path, report);
  if (kind === undefined || report.problems.length > before) return undefined;
  switch (kind) {
    case 'Attribute':
      return readAttribute(type, written, name, path, report);
    case 'Constant':
      return readConstant(written, name, path, report);
    case 'Function':
      return readFunction(type, value, written, name, path, report);
  }
}

function readType(value: JsonObject, written: string, path: JsonPath, report: SchemaReport): SourceType | undefined {
  const given = own(value, 'type');
  if (given === undefined || given === null || given === '') return inferType(written);
  const known = SOURCE_TYPES.find((one) => typeof given === 'string' && one.toLowerCase() === given.toLowerCase());
  if (known === undefined) report.refuse([...path, 'type'], `Unknown type of source ${nameOf(given)}`, SOURCE_TYPES);
  return known;
}

/** Attribute is Graph's default; an expression that is plainly something else says so itself. */
function inferType(written: string): SourceType {
  if (written === '' || bareAttribute.test(written)) return 'Attribute';
  return bareText.test(written) ? 'Constant' : 'Function';
}

function readAttribute(
  type: ObjectType,
  written: string,
  name: string | undefined,
  path: JsonPath,
  report: SchemaReport,
): ReadSource | undefined {
  const inBrackets = bareAttribute.exec(written)?.[1]?.trim();
  if (written !== '' && inBrackets === undefined && written !== name) {
    const what = `is not one attribute; write \`[name]\`, or make the type Function for a call`;
    report.refuse([...path, 'expression'], `The source's type is Attribute, but its expression ${quote(written)} ${what}`);
    return undefined;
  }
  const attribute = inBrackets ?? name?.trim();
  if (attribute === undefined || attribute === '') {
    report.refuse([...path, 'name'], 'Missing: the source attribute, as `name` or as `expression` in brackets');
    return undefined;
  }
  if (inBrackets !== undefined && name !== undefined && name !== '' && name.trim() !== inBrackets) {
    report.refuse(
      [...path, 'name'],
      `\`expression\` says ${quote(inBrackets)} and \`name\` says ${quote(name)}; make them the same, or leave \`name\` out`,
    );
    return undefined;
  }
  if (!checkAttribute(type, attribute, [...path, inBrackets === undefined ? 'name' : 'expression'], report)) return undefined;
  return { source: { kind: 'attribute', name: attribute }, text: `[${attribute}]` };
}

function readConstant(written: string, name: string | undefined, path: JsonPath, report: SchemaReport): ReadSource | undefined {
  const literal = bareText.exec(written)?.[1];
  if (written !== '' && literal === undefined && name === undefined) {
    report.refuse(
      [...path, 'expression'],
      `The source's type is Constant, but its expression ${quote(written)} is not text in quotation marks`,
    );
    return undefined;
  }
  const value = name === undefined || name === literal ? readLiteral(literal) : name;
  if (value === undefined) {
    report.refuse([...path, 'name'], 'Missing: the fixed value, as `name` or as `expression` in quotation marks');
    return undefined;
  }
  if (literal !== undefined && readText(literal) !== value) {
    report.refuse(
      [...path, 'name'],
      `\`expression\` says ${quote(literal)} and \`name\` says ${quote(value)}; make them the same, or leave \`name\` out`,
    );
    return undefined;
  }
  return { source: { kind: 'constant', value }, text: printText(value) };
}

const readLiteral = (literal: string | undefined): string | undefined => (literal === undefined ? undefined : readText(literal));

function readFunction(
  type: ObjectType,
  value: JsonObject,
  written: string,
  name: string | undefined,
  path: JsonPath,
  report: SchemaReport,
): ReadSource | undefined {
  const at = [...path, 'expression'];
  const text = written === '' ? rebuild(value, path, report, 0) : written;
  if (text === undefined) return undefined;
  const compiled = compileExpression(text);
  if (!compiled.ok) {
    for (const problem of compiled.problems) {
      const hint = problem.hint === undefined ? '' : `; ${problem.hint}`;
      const line = problem.line > 1 ? `line ${problem.line}, ` : '';
      report.refuse(at, `${problem.message}${hint} (${line}column ${problem.column} of ${quote(text)})`);
    }
    return undefined;
  }
  const { expression } = compiled;
  const outermost = expression.text.slice(0, expression.text.indexOf('('));
  if (written !== '' && name !== undefined && name !== '' && name !== outermost) {
    report.refuse(
      [...path, 'name'],
      `\`expression\` calls ${outermost} and \`name\` says ${quote(name)}; make them the same, or leave \`name\` out`,
    );
    return undefined;
  }
  for (const remark of [...expression.remarks, ...booleanSlips(type, text)])
    report.ignore(outermost, at, describeProblem(remark));
  const isKnown = expression.attributes.map((attribute) => checkAttribute(type, attribute, at, report));
  return isKnown.includes(false) ? undefined : { source: { kind: 'function', expression }, text: expression.text };
}

/** Graph refuses a whole delta query for one property it does not know, so names are checked here. */
function checkAttribute(type: ObjectType, name: string, path: JsonPath, report: SchemaReport): boolean {
  const unknown = unknownAttribute(type, name);
  if (unknown !== undefined) report.refuse(path, unknown);
  return unknown === undefined;
}

/** Prints a source object as an expression, from its name and parameters. */
function rebuild(value: JsonObject, path: JsonPath, report: SchemaReport, depth: number): string | undefined {
  const name = report.requiredText(value, 'name', path, 'the function, or an `expression`');
  if (name === undefined) return undefined;
  if (depth > MAX_PARAMETER_DEPTH) {
    report.refuse(path, `Parameters are nested deeper than ${MAX_PARAMETER_DEPTH} levels`);
    return undefined;
  }
  const given: { readonly key: string; readonly text: string }[] = [];
  for (const parameter of report.objects(value, 'parameters', path)) {
    const key = report.text(parameter.value, 'key', parameter.path) ?? '';
    const text = printParameter(own(parameter.value, 'value'), [...parameter.path, 'value'], report, depth + 1);
    if (text === undefined) return undefined;
    given.push({ key, text });
  }
  return `${name}(${inOrder(name, given).join(', ')})`;
}

function printParameter(value: unknown, path: JsonPath, report: SchemaReport, depth: number): string | undefined {
  if (value === undefined || value === null) return '';
  if (!isObject(value)) {
    report.refuse(path, `Must be an object or null, but is ${nameOf(value)}`);
    return undefined;
  }
  const written = report.text(value, 'expression', path)?.trim() ?? '';
  if (written !== '') return written;
  const kind = readType(value, written, path, report);
  if (kind === undefined) return undefined;
  if (kind === 'Function') return rebuild(value, path, report, depth);
  const name = report.text(value, 'name', path);
  if (name === undefined) {
    report.refuse([...path, 'name'], 'Missing: the attribute or the fixed value');
    return undefined;
  }
  return kind === 'Attribute' ? `[${name}]` : printText(name);
}

/** Other names that Graph's own examples use for parameters of the documented functions. */
const otherKeys: Readonly<Record<string, string>> = {
  find: 'oldvalue',
  replacement: 'replacementvalue',
  defaultvalue: 'default',
};

/**
 * Puts parameters at the places that their keys name, with holes between; Graph lists only those that are given. Keys that name no
 * parameter leave the order as it is.
 */
function inOrder(name: string, given: readonly { readonly key: string; readonly text: string }[]): readonly string[] {
  const normal = (key: string): string => {
    const lower = key.toLowerCase();
    return Object.hasOwn(otherKeys, lower) ? (otherKeys[lower] ?? lower) : lower;
  };
  const parameters = functions.get(name)?.parameters ?? [];
  const texts = given.map(({ text }) => text);
  if (parameters.some((parameter) => parameter.repeats === true)) {
    // Switch without a default has an odd number of parameters left: the hole is the second one.
    return name === 'Switch' && texts.length % 2 === 1 ? [texts[0] ?? '', '', ...texts.slice(1)] : texts;
  }
  const places = given.map(({ key }) => parameters.findIndex((parameter) => normal(parameter.name) === normal(key)));
  if (places.includes(-1) || new Set(places).size < places.length) return texts;
  const args = Array.from({ length: Math.max(...places, -1) + 1 }, () => '');
  for (const [index, place] of places.entries()) args[place] = texts[index] ?? '';
  return args;
}
