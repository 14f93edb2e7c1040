import { readFileSync } from 'node:fs';
import { mapUser } from '../../src/core/map';
import { changesFor } from '../../src/core/map/changes';
import type { Attributes } from '../../src/core/model';
import { readSchema } from '../../src/core/schema/read';

const USERS = 100_000;

const account = { locales: ['en-US', 'de', 'fr'], hasUserTagging: true, userFields: [] };
const roles = [{ id: 'r1', value: null, displayName: 'Light agent' }];

function aUser(index: number): Attributes {
  return {
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    displayName: index % 7 === 0 ? null : `User ${index}`,
    givenName: 'User',
    surname: String(index),
    userPrincipalName:
      index % 11 === 0 ? `user${index}_partner.example#EXT#@contoso.onmicrosoft.com` : `user${index}@contoso.com`,
    mail: index % 11 === 0 ? null : `User${index}@contoso.com`,
    accountEnabled: true,
    businessPhones: index % 3 === 0 ? [] : [`+49 30 ${index}`],
    mobilePhone: `+49 170 ${index}`,
    preferredLanguage: index % 2 === 0 ? 'de-DE' : 'en-US',
  };
}

/** Maps each of 100,000 different people and compares the result with what Zendesk would hold. */
export async function mapping() {
  const loaded = readSchema(readFileSync('provisioning-schema.json', 'utf8'));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  const { users } = loaded.schema;
  const people = Array.from({ length: USERS }, (_, index) => aUser(index));
  const started = performance.now();
  let values = 0;
  for (const attributes of people) {
    const desired = mapUser(
      {
        attributes,
        account,
        isSoftDeleted: false,
        appRoleAssignments: roles,
        mode: 'update',
        now: new Date(0),
        newGuid: () => '',
        random: () => 0,
      },
      users,
    );
    values += desired.values.size;
    changesFor(desired, attributes, { type: 'user', mode: 'update', ownedTags: [] });
  }
  const seconds = (performance.now() - started) / 1000;
  return { people: USERS, perSecond: Math.round(USERS / seconds), values };
}
