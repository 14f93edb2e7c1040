/**
 * Checks a mapping file without starting anything: `npm run check-schema -- FILE [--explain USER.json]`.
 * Exit code 0: usable; 1: it has faults, or the user could not be provisioned; 2: it was called wrongly or a file cannot be read.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type DesiredObject, mapUser } from '../src/core/map';
import type { AttributeValue } from '../src/core/model';
import { resolveRole } from '../src/core/role';
import { isInert } from '../src/core/schema/account';
import { decodeFile } from '../src/core/schema/decode-file';
import type { AttributeMapping, ObjectMapping, ReadSchemaResult, SchemaProblem } from '../src/core/schema/model';
import { readSchema } from '../src/core/schema/read';
import { userFromJson } from './explain-user';

const usage = 'Usage: npm run check-schema -- FILE [--explain USER.json]\n';

/** What the command does with texts: `out` for results, `err` for complaints. */
interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** Runs the command. @returns the exit code */
export function checkSchema(args: readonly string[], output: Output): number {
  let parsed: { values: { explain?: string | undefined; help?: boolean | undefined }; positionals: string[] };
  try {
    const options = { explain: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    output.err(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  const [file, ...surplus] = parsed.positionals;
  if (parsed.values.help === true) {
    output.out(usage);
    return 0;
  }
  if (file === undefined || surplus.length > 0) {
    output.err(usage);
    return 2;
  }
  const text = readText(file, output);
  if (text === undefined) return 2;
  const result = readSchema(text);
  output.out(describe(file, result));
  if (!result.ok) return 1;
  return parsed.values.explain === undefined ? 0 : explain(parsed.values.explain, result.schema.users, output);
}

function describe(file: string, result: ReadSchemaResult): string {
  if (!result.ok) {
    const count = result.problems.length === 1 ? 'One fault' : `${result.problems.length} faults`;
    return `${count} in ${file}:\n\n${result.problems.map(describeProblem).join('\n')}\n`;
  }
  const { users, groups, hash } = result.schema;
  const lines = [`${file} can be used (version ${hash}).`, '', summary('Users', users)];
  lines.push(groups === undefined ? 'Groups: not provisioned (no enabled mapping)' : summary('Groups', groups));
  if (result.ignored.length > 0) {
    lines.push('', 'Not used, read as something else, or perhaps not meant:');
    lines.push(...result.ignored.map(({ name, path, reason }) => harmless(`  - ${name} (${path}): ${reason}`)));
  }
  return `${lines.join('\n')}\n`;
}

function describeProblem(problem: SchemaProblem): string {
  const where = problem.line === undefined ? '' : ` (line ${problem.line}, column ${problem.column ?? 1})`;
  const allowed = problem.allowed === undefined ? '' : `\n      allowed: ${problem.allowed.join(', ')}`;
  return `  - ${harmless(problem.path) || 'the file'}${where}\n      ${harmless(problem.problem)}${allowed}`;
}

function summary(title: string, mapping: ObjectMapping): string {
  const { create, update, delete: remove } = mapping.actions;
  const actions = [create && 'create', update && 'update', remove && 'delete']
    .filter((word) => typeof word === 'string')
    .join(', ');
  const active = mapping.mappings.filter((one) => !isInert(one));
  const matching = mapping.matching.map(({ target }) => target.name).join(', then ');
  const scope = mapping.scope === undefined ? 'everybody who is assigned' : `a filter of ${mapping.scope.groups.length} group(s)`;
  return [
    `${title}: ${active.length} attributes (${active.map(({ target }) => target.name).join(', ')})`,
    `  matched by ${matching}; may ${actions}; in scope: ${scope}`,
    `  reads from Entra ID: ${mapping.sourceAttributes.join(', ')}`,
  ].join('\n');
}

function explain(file: string, users: ObjectMapping, output: Output): number {
  const text = readText(file, output);
  if (text === undefined) return 2;
  const user = userFromJson(text);
  if (typeof user === 'string') {
    output.err(`${file}: ${user}\n`);
    return 2;
  }
  const desired = mapUser(
    {
      ...user,
      mode: 'create',
      now: new Date(),
      newGuid: randomUUID,
      random: () => randomInt(2 ** 32) / 2 ** 32,
    },
    users,
  );
  output.out(`\nA new account would get:\n\n${table(rowsOf(users.mappings, desired))}\n`);
  output.out(
    `${explainRole(desired)}\nMatched by: ${desired.matching.map(({ attribute, value }) => `${attribute} = ${value}`).join(', then ') || 'nothing'}\n`,
  );
  for (const issue of desired.issues) output.out(`${issue.isFatal ? 'Fault' : 'Warning'}: ${issue.message} (${issue.code})\n`);
  return desired.issues.some(({ isFatal }) => isFatal) ? 1 : 0;
}

function rowsOf(mappings: readonly AttributeMapping[], desired: DesiredObject): string[][] {
  return mappings
    .filter((mapping) => !isInert(mapping))
    .map((mapping) => {
      const found = desired.values.get(mapping.target.name);
      const issue = desired.issues.find(
        ({ attribute, code }) => attribute === mapping.target.name && code !== 'MandatoryFieldsMissing',
      );
      const value = found === undefined ? (issue === undefined ? '(left alone)' : '(refused, see below)') : show(found.value);
      const notes = [
        found?.isDefault === true ? 'default value' : '',
        mapping.flowType === 'Always' ? '' : mapping.flowType,
        found?.redacted === true ? 'hidden in logs' : '',
      ].filter((note) => note !== '');
      return [mapping.target.name, value, notes.join(', '), mapping.text === '' ? '(type None)' : mapping.text];
    });
}

/** Without an account only what the text itself says can be told. */
function explainRole(desired: DesiredObject): string {
  const role = desired.values.get('role')?.value ?? null;
  const custom = desired.values.get('custom_role_id')?.value ?? null;
  const result = resolveRole(role === null ? null : String(role), custom === null ? null : String(custom), []);
  if (result.kind === 'unmapped')
    return 'Role: none is mapped, so a new account is an end user and an existing one keeps its role.';
  if (result.kind === 'unknown')
    return `Role: ${JSON.stringify(result.wanted)} is a role that the account must have (a custom role, or light agents in its plan); else the user waits.`;
  return `Role: ${result.role.role}${result.role.customRoleId === null ? '' : ` with custom role ${result.role.customRoleId}`}.`;
}

function show(value: AttributeValue): string {
  if (value === null) return '(emptied)';
  return Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
}

/** The widest a column gets, in characters; the last one is never cut. */
const MAX_COLUMN = 70;

function table(rows: readonly (readonly string[])[]): string {
  const all = [['Zendesk attribute', 'value', '', 'from'], ...rows].map((row) => row.map(printable));
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], '-'.repeat(Math.min(120, Math.max(...lines.map((line) => line.length)))), ...lines.slice(1)].join('\n');
}

/** One line, without control and formatting characters: what a file or a directory holds is not ours and must not steer the terminal. */
const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');

/** A cell of the table. */
function printable(text: string, column: number): string {
  const plain = harmless(text);
  return plain.length > MAX_COLUMN && column < 3 ? `${plain.slice(0, MAX_COLUMN - 1)}…` : plain;
}

function readText(file: string, output: Output): string | undefined {
  try {
    const decoded = decodeFile(readFileSync(file));
    if (decoded.ok) return decoded.text;
    output.err(`Cannot read ${file}: ${decoded.problem}\n`);
    return undefined;
  } catch (error) {
    output.err(`Cannot read ${file}: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'}\n`);
    return undefined;
  }
}

if (require.main === module) {
  process.exitCode = checkSchema(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
