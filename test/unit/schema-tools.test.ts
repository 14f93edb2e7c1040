import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadSchemaResult } from '../../src/core/schema/model';
import { readSchema, readSchemaFile } from '../../src/core/schema/read';
import { aSchemaFile, mapTo } from '../builders/schema';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const fixture = (name: string): string => readFileSync(join(__dirname, '../fixtures', name), 'utf8');
const portal = fixture('portal-schema.json');
const scim = fixture('scim-gallery-schema.json');

function loaded(result: ReadSchemaResult) {
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  return result;
}

function problemsOf(result: ReadSchemaResult): string[] {
  return result.ok ? [] : result.problems.map(({ path, problem, line, column }) => `${line}:${column} ${path}: ${problem}`);
}

/** Rebuilds JSON from the leaves up. */
function rebuild(value: Json, change: (value: Json, key: string | undefined) => Json, key?: string): Json {
  if (Array.isArray(value)) {
    return change(
      value.map((one) => rebuild(one, change)),
      key,
    );
  }
  if (typeof value !== 'object' || value === null) return change(value, key);
  return change(Object.fromEntries(Object.entries(value).map(([name, part]) => [name, rebuild(part, change, name)])), key);
}

const capital = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);
const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What tools make of the same schema. */
const forms: Readonly<Record<string, (schema: Json) => string>> = {
  'Graph Explorer': (schema) => JSON.stringify({ '@odata.context': 'https://graph.microsoft.com/…', ...(schema as object) }),
  'CRLF, four blanks': (schema) => JSON.stringify(schema, null, 4).replaceAll('\n', '\r\n'),
  "Graph's PowerShell module": (schema) =>
    JSON.stringify(
      rebuild(schema, (value) =>
        isObject(value)
          ? {
              ...Object.fromEntries(Object.entries(value).map(([name, part]) => [capital(name), part])),
              AdditionalProperties: {},
            }
          : value,
      ),
    ),
  'Windows PowerShell: lists as value and Count': (schema) =>
    JSON.stringify(rebuild(schema, (value, key) => (Array.isArray(value) && key ? { value, Count: value.length } : value))),
  'PowerShell: a list of one as its element': (schema) =>
    JSON.stringify(rebuild(schema, (value) => (Array.isArray(value) && value.length === 1 ? (value[0] ?? null) : value))),
  'a list of one schema': (schema) => JSON.stringify([schema]),
  'the job with its schema': (schema) => JSON.stringify({ id: 'zendesk.1', templateId: 'zendesk', schema }),
  'notes of OData between': (schema) =>
    JSON.stringify(
      rebuild(schema, (value) =>
        isObject(value) ? { ...value, '@odata.type': '#x', 'objectMappings@odata.context': 'y' } : value,
      ),
    ),
};

describe('a schema as every tool saves it', () => {
  for (const [name, text] of Object.entries({ portal, scim })) {
    const expected = loaded(readSchema(text)).schema.hash;
    it.each(Object.entries(forms))(`${name} › %s`, (_, form) => {
      expect(loaded(readSchema(form(JSON.parse(text) as Json))).schema.hash).toBe(expected);
    });
  }

  const utf16 = (text: string, isBig: boolean): Buffer => {
    const bytes = Buffer.from(text, 'utf16le');
    return isBig ? bytes.swap16() : bytes;
  };
  it.each<[string, Buffer]>([
    ['UTF-8', Buffer.from(portal)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${portal}`)],
    ['UTF-16, little endian, marked', utf16(`\uFEFF${portal}`, false)],
    ['UTF-16, big endian, marked', utf16(`\uFEFF${portal}`, true)],
    ['UTF-16, little endian', utf16(portal, false)],
    ['UTF-16, big endian', utf16(portal, true)],
  ])('%s', (_, bytes) => {
    expect(loaded(readSchemaFile(bytes)).schema.hash).toBe(loaded(readSchema(portal)).schema.hash);
  });

  it.each<[string, Buffer, RegExp]>([
    ['ANSI', Buffer.from('{\n"name": "M\u00fcller"}', 'latin1'), /not valid UTF-8, first at line 2.*Set-Content -Encoding utf8/],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0]), /UTF-32/],
    ['ZIP', Buffer.from('PK\u0003\u0004'), /ZIP archive/],
    ['gzip', Buffer.from([0x1f, 0x8b, 8]), /gzip/],
    ['nothing', Buffer.from(''), /empty/],
  ])('%s is refused with what to do', (_, bytes, reason) => {
    expect(problemsOf(readSchemaFile(bytes)).join('\n')).toMatch(reason);
  });

  it.each<[string, RegExp]>([
    ['{"a": [1,]}', /line 1, column 10: there is a comma before `\]`; delete it/],
    ['{\n  "a": 1,\n}', /line 3, column 1: there is a comma before `}`; delete it/],
    ["{'a': 1}", /column 2: strings are enclosed in double quotation marks/],
    ['{“a”: 1}', /U\+201C LEFT DOUBLE QUOTATION MARK.*type `"` instead/],
    ['{"a":\u00a01}', /U\+00A0 NO-BREAK SPACE.*delete it/],
    ['{"a": 1 "b": 2}', /a comma is missing/],
    ['{"a": {"b": 1}', /ends too early/],
    ['<!DOCTYPE html>', /web page/],
    ['@{synchronizationRules=System.Object[]}', /ConvertTo-Json -Depth 20/],
    ['{"synchronizationRules": "System.Object[]"}', /PowerShell cut the file off here.*-Depth 20/],
    [
      aSchemaFile([mapTo('notes', '', { source: '@{expression=[mail]; type=Attribute}' })]),
      /\.source: PowerShell cut the file off/,
    ],
  ])('%s', (text, reason) => {
    expect(problemsOf(readSchema(text)).join('\n')).toMatch(reason);
  });

  it('a fault is where it stands in the file, however the file is shaped', () => {
    const broken = JSON.parse(aSchemaFile([mapTo('shoe_size', '[city]')])) as Json;
    for (const [name, form] of Object.entries(forms)) {
      const text = JSON.stringify(JSON.parse(form(broken)), null, 2);
      const result = readSchema(text);
      const [problem] = result.ok ? [] : result.problems;
      const line = text.split('\n')[(problem?.line ?? 0) - 1] ?? '';
      expect([name, line.slice((problem?.column ?? 0) - 1)]).toEqual([name, expect.stringMatching(/^"shoe_size"/)]);
    }
  });
});

describe('a whole export of a SCIM gallery application', () => {
  const { schema, ignored } = loaded(readSchema(scim));

  it('loads, and writes what Zendesk has', () => {
    expect(Object.fromEntries(schema.users.mappings.map(({ target, text }) => [target.name, text]))).toEqual({
      email: '[userPrincipalName]',
      suspended: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
      name: '[displayName]',
      locale: '[preferredLanguage]',
      phone: '[telephoneNumber]',
      external_id: '[mailNickname]',
      organization: '[companyName]',
      role: 'SingleAppRoleAssignment([appRoleAssignments])',
    });
    expect(schema.users.matching.map(({ target }) => target.name)).toEqual(['email']);
    expect(schema.groups?.mappings.map(({ target }) => target.name)).toEqual(['name', 'members']);
  });

  it('names once what Zendesk lacks, and what stands for one attribute twice', () => {
    const reasons = new Map(ignored.map(({ name, reason }) => [name, reason]));
    expect(reasons.get('title')).toBe("The file's `directories` declare it, and a Zendesk user has no such attribute; left out");
    expect(reasons.get('phoneNumbers[type eq "mobile"].value')).toContain('left out');
    expect(reasons.get('emails[type eq "work"].value')).toBe('Read as email, to which "userName" is mapped already; left out');
    expect(reasons.get('name.formatted')).toBe('Read as name, to which "displayName" is mapped already; left out');
    expect(ignored.filter(({ name }) => name === 'title')).toHaveLength(1);
  });

  it('a name that nothing declares is a slip and refused', () => {
    const slip = scim.replace('"targetAttributeName": "title"', '"targetAttributeName": "titel"');
    expect(problemsOf(readSchema(slip))).toEqual([expect.stringContaining('A Zendesk user has no attribute "titel"')]);
    const { directories: _, ...bare } = JSON.parse(scim) as Record<string, Json>;
    expect(problemsOf(readSchema(JSON.stringify(bare))).join('\n')).toContain('no attribute "title"');
  });

  it.each(['sourceDirectoryName', 'targetDirectoryName'])('a %s that the file does not describe is a fault', (key) => {
    const wrong = JSON.parse(scim) as { synchronizationRules: Record<string, Json>[] };
    const [rule] = wrong.synchronizationRules;
    if (rule) rule[key] = 'Elsewhere';
    const result = readSchema(JSON.stringify(wrong));
    expect(result).toMatchObject({ ok: false });
    expect(problemsOf(result)[0]).toContain(
      `synchronizationRules[0].${key}: There is no directory "Elsewhere" in the file's \`directories\``,
    );
  });

  it.each([
    ['roles[primary eq "True"].value', 'role'],
    ['roles[primary eq true].value', 'role'],
    ['emails[primary eq true].value', 'email'],
    ['emails[type eq "work"].value', 'email'],
    ['phoneNumbers[primary eq "True"].value', 'phone'],
    ['urn:ietf:params:scim:schemas:core:2.0:User:displayName', 'name'],
    ['urn:ietf:params:scim:schemas:core:2.0:User:active', 'suspended'],
    ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization', 'organization'],
  ])('%s is %s', (written, name) => {
    const source = name === 'suspended' ? 'Not([IsSoftDeleted])' : '[displayName]';
    const file = JSON.parse(aSchemaFile([mapTo(written, source)])) as {
      synchronizationRules: { objectMappings: { attributeMappings: { targetAttributeName: string }[] }[] }[];
    };
    const mappings = file.synchronizationRules[0]?.objectMappings[0]?.attributeMappings ?? [];
    if (name === 'name') mappings.splice(1, 1);
    expect(loaded(readSchema(JSON.stringify(file))).schema.users.mappings.map(({ target }) => target.name)).toContain(name);
  });

  it('a list of roles for the one role of Zendesk is refused with the function to use', () => {
    const several = scim.replaceAll('SingleAppRoleAssignment', 'AppRoleAssignmentsComplex');
    expect(problemsOf(readSchema(several)).join('\n')).toContain('SingleAppRoleAssignment([appRoleAssignments])');
  });
});

describe('expressions that are allowed and hardly meant', () => {
  it.each<[expression: string, remark: RegExp | undefined]>([
    ['IIF([accountEnabled] = "true", "a", "b")', /`"true"` never equals a Boolean; write `"True"` \(line 1, column 24\)/],
    ['IIF("FALSE" <> [IsSoftDeleted] AND [city] = "x", "a", "b")', /write `"False"`/],
    ['Switch([accountEnabled], , "true", "a", "false", "b")', /`"true"` never equals a Boolean/],
    ['Join("", IIF(([manager.accountEnabled] = "true"), "a", "b"))', /write `"True"`/],
    ['IIF([city] = "Oslo\u00a0", "a", "b")', /U\+00A0 NO-BREAK SPACE at position 5/],
    ['IIF([accountEnabled] = "True", "a", "b")', undefined],
    ['IIF([city] = "true", "a", "b")', undefined],
    ['Switch([accountEnabled], "true", "True", "true", "False", "false")', undefined],
  ])('%s', (expression, remark) => {
    const { ignored } = loaded(readSchema(aSchemaFile([mapTo('notes', expression)])));
    const reasons = ignored.map(({ reason }) => reason);
    if (remark === undefined) expect(reasons).toEqual([]);
    else expect(reasons.join('\n')).toMatch(remark);
  });
});
