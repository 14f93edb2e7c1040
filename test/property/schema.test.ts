import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { mapUser } from '../../src/core/map';
import { changesFor } from '../../src/core/map/changes';
import type { Attributes, AttributeValue } from '../../src/core/model';
import { readSchema } from '../../src/core/schema/read';
import { aMappingInput, aUserMapping, mapTo } from '../builders/schema';

const portal = readFileSync(join(__dirname, '../fixtures/portal-schema.json'), 'utf8');

/** Every path of a JSON value. */
function paths(value: unknown, at: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...at]];
  return [
    [...at],
    ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, Array.isArray(value) ? Number(key) : key])),
  ];
}

const portalPaths = paths(JSON.parse(portal)).filter((path) => path.length > 0);

function withValueAt(path: readonly (string | number)[], value: unknown): string {
  const document = JSON.parse(portal);
  let node = document;
  for (const part of path.slice(0, -1)) node = node[part];
  node[path.at(-1) ?? ''] = value;
  return JSON.stringify(document);
}

const odd = fc.oneof(
  fc.constantFrom(null, '', 0, -1, 1.5, true, [], {}, '[', '"', 'Join(', '__proto__', '[__proto__]', [null], [[]], {
    clauses: [],
  }),
  fc.string(),
  fc.jsonValue(),
);

describe('schema › any file', () => {
  it('never throws, and says what is wrong with what it refuses', () => {
    fc.assert(
      fc.property(fc.constantFrom(...portalPaths), odd, (path, value) => {
        const result = readSchema(withValueAt(path, value));
        if (result.ok) return;
        expect(result.problems.length).toBeGreaterThan(0);
        for (const { problem, path: where } of result.problems) {
          expect(problem.length).toBeLessThan(2000);
          expect(typeof where).toBe('string');
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const result = readSchema(text);
        expect(result.ok).toBe(false);
      }),
    );
  });
});

describe('mapUser › any user', () => {
  const users = aUserMapping([
    mapTo('email', 'Coalesce([mail], [userPrincipalName])', { matchingPriority: 2 }),
    mapTo('phone', 'Coalesce([telephoneNumber], [mobile])', { flowNullValues: 'clear' }),
    mapTo('locale', '[preferredLanguage]'),
    mapTo('alias', '[givenName]', { flowNullValues: 'clear' }),
    mapTo('organization', '[companyName]', { flowNullValues: 'clear' }),
    mapTo('notes', '[city]', { flowNullValues: 'clear' }),
    mapTo('tags', 'Split([department], ";")', { flowNullValues: 'clear' }),
    mapTo('user_fields.any', '[employeeId]', { flowNullValues: 'clear' }),
  ]);
  const text = fc.oneof(
    fc.constant(null),
    fc.constantFrom('', ' ', 'True', 'false', '007', '1.0', '2026-01-31'),
    fc.string({ unit: 'binary' }),
  );
  const names = [
    'displayName',
    'mail',
    'userPrincipalName',
    'mobilePhone',
    'preferredLanguage',
    'givenName',
    'companyName',
    'city',
    'department',
    'employeeId',
  ];
  const user = fc.record(Object.fromEntries(names.map((name) => [name, text])));

  it('never throws, and what was written is found as it is by the next run', () => {
    fc.assert(
      fc.property(user, (found) => {
        const attributes = { id: 'u', ...(found as Attributes) };
        const desired = mapUser(aMappingInput({ attributes: attributes as never, mode: 'update' }), users);
        const options = { type: 'user', mode: 'update', ownedTags: [] } as const;
        const stored: Record<string, AttributeValue> = {};
        for (const { attribute, newValue } of changesFor(desired, stored, options)) stored[attribute] = newValue;
        expect(changesFor(desired, stored, options)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
