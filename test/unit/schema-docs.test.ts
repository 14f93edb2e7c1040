import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileExpression } from '../../src/core/expression/compile';
import { mapUser } from '../../src/core/map';
import { changesFor } from '../../src/core/map/changes';
import type { ObjectMapping } from '../../src/core/schema/model';
import { readSchema } from '../../src/core/schema/read';
import { GROUP_ATTRIBUTES, USER_ATTRIBUTES } from '../../src/core/target-attributes';
import { aMappingInput, aSchemaFile } from '../builders/schema';

const page = readFileSync(join(__dirname, '../../docs/mappings.md'), 'utf8');
const snippets = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
const calls = [...page.replace(/```[\s\S]*?```/g, '').matchAll(/`([A-Z]\w+\(\S.*?\))`/g)]
  .map(([, text]) => text ?? '')
  .filter((text) => !text.includes('…'));

type Json = Record<string, unknown>;

function load(snippet: string): ObjectMapping {
  const value: Json | Json[] = JSON.parse(snippet);
  const isScope = !Array.isArray(value) && 'scope' in value;
  const text = isScope ? aSchemaFile([], { user: value }) : aSchemaFile([value].flat());
  const result = readSchema(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  expect(result.ignored).toEqual([]);
  return result.schema.users;
}

function recipe(heading: string): ObjectMapping {
  const found = /```json\n([\s\S]*?)```/.exec(page.slice(page.indexOf(`### ${heading}`)))?.[1];
  if (found === undefined) throw new Error(heading);
  return load(found);
}

function made(mapping: ObjectMapping, attributes: Record<string, string | null>): Record<string, unknown> {
  const input = aMappingInput({ attributes: { ...aMappingInput().attributes, ...attributes } });
  const desired = mapUser(input, mapping);
  expect(desired.issues).toEqual([]);
  return Object.fromEntries([...desired.values].map(([name, { value }]) => [name, value]));
}

describe('docs/mappings.md', () => {
  it('has the snippets this test is about', () => {
    expect(snippets.length).toBeGreaterThan(12);
    expect(calls.length).toBeGreaterThan(3);
  });

  it.each(snippets.map((snippet) => [snippet]))('%s loads', (snippet) => {
    expect(() => load(snippet)).not.toThrow();
  });

  it.each(calls.map((call) => [call]))('%s compiles', (call) => {
    expect(compileExpression(call)).toMatchObject({ ok: true });
  });

  it('its tables are the shipped default', () => {
    const result = readSchema(readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8'));
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const { users, groups } = result.schema;
    const section = page.slice(page.indexOf('## The default mapping'), page.indexOf('## Attributes of Zendesk'));
    for (const { target, text } of [...users.mappings, ...(groups?.mappings ?? [])]) {
      const row = section
        .split('\n')
        .find((line) => line.startsWith('|') && line.includes(`\`${target.name}\``) && line.includes(text));
      expect([target.name, row !== undefined]).toEqual([target.name, true]);
    }
  });

  it('its table of attributes names each of them', () => {
    const section = page.slice(page.indexOf('## Attributes of Zendesk'), page.indexOf('## Attributes of Entra ID'));
    for (const { name } of [...USER_ATTRIBUTES, ...GROUP_ATTRIBUTES]) expect(section).toContain(`\`${name}\``);
  });

  it('names the attributes in which case counts', () => {
    const section = page.slice(page.indexOf('## How values are compared'), page.indexOf('## Roles'));
    for (const { name } of USER_ATTRIBUTES.filter(({ isCaseExact }) => isCaseExact)) expect(section).toContain(`\`${name}\``);
  });
});

describe('docs/mappings.md › the recipes do what they say', () => {
  it.each([
    ['Agents by department', { department: 'Support' }, { role: 'agent' }],
    ['Agents by department', { department: 'Sales' }, { role: 'end-user' }],
    ['Agents by department', { department: null }, { role: 'end-user' }],
    ['Light agents', { department: 'Sales' }, { role: 'light agent', custom_role_id: 'light agent' }],
    ['Light agents', { department: 'Support' }, { role: 'agent', custom_role_id: 'Team lead' }],
    ['Raise an agent', { jobTitle: 'Lead Engineer' }, { custom_role_id: 'Team lead' }],
    ['Raise an agent', { jobTitle: null }, { custom_role_id: 'agent' }],
    ['Organization by company', { companyName: 'Contoso' }, { organization: 'Contoso' }],
    ['Tags by department', { department: 'Service Desk', officeLocation: 'Oslo' }, { tags: ['dept_service_desk', 'site_oslo'] }],
    ['Tags by department', { department: 'Sales', officeLocation: null }, { tags: ['dept_sales'] }],
    ['Custom fields', { employeeHireDate: '2026-01-31T00:00:00Z' }, { 'user_fields.start_date': '2026-01-31' }],
    ['Custom fields', { userType: 'Guest' }, { 'user_fields.is_guest': 'True' }],
    ['Time zone by country', { usageLocation: 'NO' }, { time_zone: 'Copenhagen' }],
  ])('%s with %j', (heading, attributes, expected) => {
    expect(made(recipe(heading), attributes as Record<string, string | null>)).toMatchObject(expected);
  });

  it('an unknown country leaves the time zone alone, no company leaves the organization alone', () => {
    expect(made(recipe('Time zone by country'), { usageLocation: 'XX' })).not.toHaveProperty('time_zone');
    expect(made(recipe('Organization by company'), {})).not.toHaveProperty('organization');
  });

  it('clearing a phone number empties it in Zendesk', () => {
    const desired = mapUser(aMappingInput({ mode: 'update' }), recipe('Clear values'));
    const options = { type: 'user', mode: 'update', ownedTags: [] } as const;
    const current = { external_id: aMappingInput().attributes.id ?? null, name: 'Ann Lee', phone: '+1 555' };
    expect(changesFor(desired, current, options)).toEqual([
      { attribute: 'phone', oldValue: '+1 555', newValue: null, redacted: false },
    ]);
  });
});
