import type { Desired } from '../../src/core/desired';
import type { DesiredValue } from '../../src/core/map';
import type { AttributeValue } from '../../src/core/model';

const value = (given: AttributeValue): DesiredValue => ({
  value: given,
  redacted: false,
  flow: 'Always',
  onlyOnCreate: false,
  clears: false,
  isDefault: false,
});

/** What the mappings want of somebody: nothing, but for the attributes that the test is about. */
export const aDesired = (
  attributes: Readonly<Record<string, AttributeValue>> = {},
  overrides: Partial<Omit<Desired, 'object'>> = {},
): Desired => ({
  object: {
    values: new Map(Object.entries(attributes).map(([name, given]) => [name, value(given)])),
    matching: [],
    issues: [],
  },
  matchers: [],
  externalId: 'u1',
  name: 'Ann',
  email: null,
  role: null,
  suspended: null,
  warnings: [],
  awaits: [],
  ...overrides,
});
