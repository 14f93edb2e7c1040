import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';

/**
 * Reads the app settings in a `local.settings.json`, with comments and trailing commas allowed, as the Functions tools do.
 *
 * @throws Error in one sentence that names the file and, where the text is not JSON, line and column
 * @see https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file
 */
export function readSettingsFile(path: string): Record<string, string> {
  const text = readText(path).replace(/^\uFEFF/, '');
  const errors: ParseError[] = [];
  const parsed: unknown = parse(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const file = basename(path);
  const first = errors[0];
  if (first !== undefined) throw new Error(`${file}, ${placeOf(text, first.offset)}: ${reasonOf(first)}.`);
  if (!isObject(parsed)) throw new Error(`${file} must hold an object with "Values". local.settings.sample.json is a model.`);
  if (parsed.IsEncrypted === true)
    throw new Error(`The values in ${file} are encrypted. Run "func settings decrypt" first, or set "IsEncrypted" to false.`);
  if (!isObject(parsed.Values)) throw new Error(`${file} has no "Values" object. local.settings.sample.json is a model.`);
  return Object.fromEntries(
    Object.entries(parsed.Values).map(([name, value]) => {
      if (typeof value === 'object') throw new Error(`${file}: the setting ${name} must be a text, not ${kindOf(value)}.`);
      return [name, String(value)];
    }),
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${basename(path)} cannot be read: ${(error as Error).message}`);
  }
}

/** Both count from 1. */
function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

/** `CommaExpected` → `comma expected`. */
function reasonOf({ error }: ParseError): string {
  return printParseErrorCode(error)
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object');

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
