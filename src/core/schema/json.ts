import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { oddCharacterAt } from '../expression/odd-characters';
import type { SchemaProblem } from './model';

/** The longest mapping file, in UTF-16 units. Ours: an export of a large gallery application stays below a tenth of it. */
const MAX_LENGTH = 8_000_000;

/** The deepest nesting. Ours: a nested function takes three levels of the export, an expression nests a hundred deep. */
const MAX_DEPTH = 500;

/** Kinds of token, as numbers because the library declares them as an ambient enumeration. @see https://github.com/microsoft/node-jsonc-parser#api */
const token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  lineComment: 12,
  blockComment: 13,
  end: 17,
} as const;

/** Where something stands in the file: property names and list positions from the top. */
export type JsonPath = readonly (string | number)[];

/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A file that is JSON: its value, and where each part of it stands. */
export interface JsonDocument {
  readonly value: unknown;
  /** Where the value at a path stands; undefined when there is none. */
  position(path: JsonPath): Position | undefined;
}

/** Reads strict JSON. Comments, trailing commas and repeated names are refused by name. Never throws. */
export function readJson(
  original: string,
): { ok: true; document: JsonDocument } | { ok: false; problems: readonly SchemaProblem[] } {
  const text = original.startsWith('\uFEFF') ? original.slice(1) : original;
  if (text.trim() === '') return failed([{ path: '', problem: 'The file is empty' }]);
  if (text.length > MAX_LENGTH) return failed([{ path: '', problem: `The file is longer than ${MAX_LENGTH} characters` }]);
  const lineStarts = startsOfLines(text);
  const at = (offset: number): Position => positionOf(lineStarts, offset);
  const odd = refuseByToken(text, at);
  if (odd !== undefined) return failed([odd]);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (first !== undefined || root === undefined) {
    const offset = first?.offset ?? 0;
    const where = at(offset);
    const what =
      explainJson(text, offset) ?? (first === undefined ? 'nothing to read' : spaced(printParseErrorCode(first.error)));
    return failed([{ path: '', problem: `Not JSON at line ${where.line}, column ${where.column}: ${what}`, ...where }]);
  }
  const repeated = repeatedNames(root, at);
  if (repeated.length > 0) return failed(repeated);
  // The tree is proved to be JSON; the built-in parser keeps `__proto__` an ordinary name.
  const document: JsonDocument = {
    value: JSON.parse(text),
    position: (path) => {
      const node = nodeAt(root, path);
      return node === undefined ? undefined : at(node.offset);
    },
  };
  return { ok: true, document };
}

/** Prints a path as people write it: `synchronizationRules[0].name`. */
export function printPath(path: JsonPath): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

function failed(problems: readonly SchemaProblem[]): { ok: false; problems: readonly SchemaProblem[] } {
  return { ok: false, problems };
}

/** Finds comments and bottomless nesting before the recursive parser meets them. */
function refuseByToken(text: string, at: (offset: number) => Position): SchemaProblem | undefined {
  const scanner = createScanner(text, false);
  let depth = 0;
  for (let kind: number = scanner.scan(); kind !== token.end; kind = scanner.scan()) {
    if (kind === token.lineComment || kind === token.blockComment) {
      const where = at(scanner.getTokenOffset());
      const problem = `Comment at line ${where.line}, column ${where.column}: the file is strict JSON, as Graph takes it, and JSON has no comments; delete it`;
      return { path: '', problem, ...where };
    }
    if (kind === token.openBrace || kind === token.openBracket) depth += 1;
    if (kind === token.closeBrace || kind === token.closeBracket) depth -= 1;
    if (depth > MAX_DEPTH) {
      return { path: '', problem: `Nested deeper than ${MAX_DEPTH} levels`, ...at(scanner.getTokenOffset()) };
    }
  }
  return undefined;
}

function repeatedNames(root: Node, at: (offset: number) => Position): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const visit = (node: Node, path: JsonPath): void => {
    const seen = new Set<string>();
    for (const [index, child] of (node.children ?? []).entries()) {
      if (node.type === 'array') {
        visit(child, [...path, index]);
        continue;
      }
      const [key, value] = child.children ?? [];
      if (key === undefined || value === undefined) continue;
      const name = String(key.value);
      const here = [...path, name];
      if (seen.has(name))
        problems.push({ path: printPath(here), problem: 'The name occurs twice in one object', ...at(key.offset) });
      seen.add(name);
      visit(value, here);
    }
  };
  visit(root, []);
  return problems;
}

/** Finds a part by its canonical path: the file may spell a name otherwise, wrap a list, or hold its only element instead. */
function nodeAt(root: Node, path: JsonPath): Node | undefined {
  let node: Node | undefined = root;
  for (const part of path) {
    if (typeof part === 'string') node = node === undefined ? undefined : memberOf(node, part);
    else if (node?.type === 'object') node = memberOf(node, 'value')?.children?.[part] ?? (part === 0 ? node : undefined);
    else node = node?.type === 'array' ? node.children?.[part] : part === 0 ? node : undefined;
  }
  return node;
}

function memberOf(node: Node, name: string): Node | undefined {
  if (node.type !== 'object') return undefined;
  const key = (child: Node): string => String(child.children?.[0]?.value);
  const found =
    node.children?.find((child) => key(child) === name) ??
    node.children?.find((child) => key(child).toLowerCase() === name.toLowerCase());
  return found?.children?.[1];
}

/** What is probably wrong where the parser stopped, and what to do; undefined when nothing in particular. */
function explainJson(text: string, offset: number): string | undefined {
  const start = text.trimStart();
  if (start.startsWith('<')) return 'the file is a web page, perhaps that of a sign-in; download the schema again';
  if (start.startsWith('@{')) return 'the file is what PowerShell shows of an object; save it with `ConvertTo-Json -Depth 20`';
  const odd = oddCharacterAt(text, offset);
  if (odd !== undefined) {
    const advice = odd.meant.trim() === '' ? 'delete it' : `type \`${odd.meant}\` instead`;
    return `${odd.name}, which was probably copied along; ${advice}`;
  }
  const character = text[offset];
  const before = text.slice(0, offset).trimEnd();
  if ((character === '}' || character === ']') && before.endsWith(','))
    return `there is a comma before \`${character}\`; delete it`;
  if (character === "'") return 'strings are enclosed in double quotation marks: `"`';
  if (before === text.trimEnd()) return 'the file ends too early; perhaps it was cut off';
  if (/[}\]"\d]$/.test(before) && /["[{]/.test(character ?? '')) return 'a comma is missing before this';
  return undefined;
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (const found of text.matchAll(/\r\n|\r|\n/g)) starts.push(found.index + found[0].length);
  return starts;
}

function positionOf(lineStarts: readonly number[], offset: number): Position {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
}

/** `PropertyNameExpected` → `property name expected`. */
function spaced(code: string): string {
  return code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
