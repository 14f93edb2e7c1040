import fc from 'fast-check';
import { mapUser } from '../../src/core/map';
import { changesFor, isSameValue, ownedTagsAfter } from '../../src/core/map/changes';
import type { Attributes, AttributeValue } from '../../src/core/model';
import { aMappingInput, aUserMapping, mapTo } from '../builders/schema';

function changes(
  mappings: readonly Record<string, unknown>[],
  current: Attributes,
  options: { mode?: 'create' | 'update'; ownedTags?: readonly string[]; attributes?: Attributes } = {},
) {
  const mode = options.mode ?? 'update';
  const input = aMappingInput({ mode, attributes: { ...aMappingInput().attributes, ...options.attributes } });
  const desired = mapUser(input, aUserMapping(mappings));
  const settled = { external_id: input.attributes.id ?? null, name: 'Ann Lee', ...current };
  return changesFor(desired, settled, { type: 'user', mode, ownedTags: options.ownedTags ?? [] });
}

describe('changes › organizations', () => {
  const by = (
    target: string,
    source: string,
    current: Attributes,
    names: readonly (readonly [string, string])[],
    flowType = 'Always',
  ) => {
    const desired = mapUser(aMappingInput({ mode: 'update' }), aUserMapping([mapTo(target, source, { flowType })]));
    const settled = { external_id: aMappingInput().attributes.id ?? null, name: 'Ann Lee', ...current };
    return changesFor(desired, settled, {
      type: 'user',
      mode: 'update',
      ownedTags: [],
      organizationsByExternalId: new Map(names),
    });
  };

  it('one that is meant by its external id is the one of that name', () => {
    expect(by('organization', '"ACME-1"', { organization: 'Acme' }, [['acme-1', 'Acme']])).toEqual([]);
    expect(by('organization', '"ACME-1"', { organization: 'Beta' }, [['beta-1', 'Beta']])).toMatchObject([
      { newValue: 'ACME-1' },
    ]);
  });

  it.each([
    ['in another order and case', 'Split("beta, ACME", ",")', 'Always', undefined],
    ['one by its external id', 'Split("b-1, Acme", ",")', 'Always', undefined],
    ['another one', 'Split("Acme, Gamma", ",")', 'Always', ['Acme', 'Gamma']],
    ['another one, adding only', 'Split("acme, Gamma", ",")', 'ValueAddOnly', ['Acme', 'Beta', 'Gamma']],
  ])('a list: %s', (_, source, flowType, newValue) => {
    const changes = by('organizations', source, { organizations: ['Acme', 'Beta'] }, [['b-1', 'Beta']], flowType);
    expect(changes.map((change) => change.newValue)).toEqual(newValue === undefined ? [] : [newValue]);
  });
});

describe('changes › only what differs', () => {
  it('nothing differs, nothing is written', () => {
    expect(changes([mapTo('notes', '"x"')], { notes: 'x' })).toEqual([]);
  });

  it('a difference is told with both sides, sorted by attribute', () => {
    expect(changes([mapTo('notes', '"new"'), mapTo('alias', 'Redact("A")')], { notes: 'old' })).toEqual([
      { attribute: 'alias', oldValue: null, newValue: 'A', redacted: true },
      { attribute: 'notes', oldValue: 'old', newValue: 'new', redacted: false },
    ]);
  });

  it('everything is new on create', () => {
    const names = changes([mapTo('notes', '"x"')], { notes: 'x' }, { mode: 'create' }).map(({ attribute, oldValue }) => [
      attribute,
      oldValue,
    ]);
    expect(names).toEqual([
      ['external_id', null],
      ['name', null],
      ['notes', null],
    ]);
  });

  it('role, custom role and suspension are not decided by comparing', () => {
    const mappings = [mapTo('role', '"agent"'), mapTo('custom_role_id', '"1"'), mapTo('suspended', '"True"')];
    expect(changes(mappings, {})).toEqual([]);
  });

  it('AttributeAddOnly writes only where there is nothing', () => {
    const mapping = [mapTo('notes', '"x"', { flowType: 'AttributeAddOnly' })];
    expect(changes(mapping, { notes: 'by hand' })).toEqual([]);
    expect(changes(mapping, { notes: '' }).map(({ newValue }) => newValue)).toEqual(['x']);
    expect(changes(mapping, {}).map(({ newValue }) => newValue)).toEqual(['x']);
  });

  it('type None writes its default only where there is nothing', () => {
    const mapping = [{ targetAttributeName: 'notes', source: null, defaultValue: 'x' }];
    expect(changes(mapping, { notes: 'by hand' })).toEqual([]);
    expect(changes(mapping, { notes: null })).toHaveLength(1);
  });

  it('a cleared source empties the target once', () => {
    const mapping = [mapTo('notes', '[city]', { flowNullValues: 'clear' })];
    expect(changes(mapping, { notes: 'x' })).toEqual([{ attribute: 'notes', oldValue: 'x', newValue: null, redacted: false }]);
    expect(changes(mapping, { notes: '' })).toEqual([]);
    expect(changes(mapping, {})).toEqual([]);
  });
});

describe('changes › what Zendesk tells apart', () => {
  it.each<[string, AttributeValue, AttributeValue, boolean]>([
    ['email', 'Ann@x.example', 'ann@X.example', true],
    ['external_id', 'ABC', 'abc', true],
    ['organization', 'contoso', 'Contoso', true],
    ['locale', 'en-us', 'en-US', true],
    ['time_zone', 'berlin', 'Berlin', true],
    ['name', 'ann', 'Ann', false],
    ['alias', 'ann', 'Ann', false],
    ['notes', 'a\r\nb', 'a\nb', true],
    ['notes', '', null, true],
    ['phone', '+49 (30) 1-2', '+493012', true],
    ['phone', '+49 30 12', '+49 30 13', false],
    ['tags', ['b', 'A'], ['a', 'b'], true],
    ['tags', [], null, true],
    ['tags', ['a'], ['a', 'b'], false],
    ['suspended', true, 'True', true],
    ['user_fields.x', true, null, false],
    ['user_fields.x', false, null, true],
    ['user_fields.x', 7, '7', true],
    ['user_fields.x', '007', '7', false],
    ['user_fields.x', 0, null, false],
    ['user_fields.x', '2026-01-31', '2026-01-31T00:00:00+00:00', true],
    ['user_fields.x', 'A', 'a', false],
    ['user_fields.x', ['a', 'b'], ['b', 'a'], true],
  ])('%s: %j and %j the same: %s', (name, left, right, same) => {
    expect(isSameValue('user', name, left, right)).toBe(same);
    expect(isSameValue('user', name, right, left)).toBe(same);
  });
});

describe('changes › tags', () => {
  const tags = (value: string, others: Record<string, unknown> = {}) => [mapTo('tags', value, others)];
  const split = 'Split([department], ";")';
  const written = (
    mappings: readonly Record<string, unknown>[],
    current: readonly string[],
    ownedTags: readonly string[],
    department: string | null,
  ): AttributeValue | undefined =>
    changes(mappings, { tags: current }, { ownedTags, attributes: { department } }).find(({ attribute }) => attribute === 'tags')
      ?.newValue;

  it.each([
    ['ours are added to those of others', ['vip'], [], 'sales', ['vip', 'sales']],
    ['ours go when they are no longer wanted', ['vip', 'sales'], ['sales'], 'support', ['vip', 'support']],
    ['a tag of others that we also want is left as it is', ['Sales', 'vip'], [], 'sales', undefined],
    ['a tag of others is never taken off', ['vip', 'gold'], ['sales'], 'sales', ['vip', 'gold', 'sales']],
    ['one that somebody took off comes back', ['vip'], ['sales'], 'sales', ['vip', 'sales']],
    ['nothing to do', ['vip', 'sales'], ['sales'], 'sales', undefined],
    ['an empty source leaves all as it is', ['vip', 'sales'], ['sales'], null, undefined],
  ] as const)('%s', (_, current, owned, department, expected) => {
    expect(written(tags(split), current, owned, department)).toEqual(expected);
  });

  it('an empty source with clear takes off ours alone', () => {
    expect(written(tags(split, { flowNullValues: 'clear' }), ['vip', 'sales'], ['sales'], null)).toEqual(['vip']);
  });

  it.each(['ValueAddOnly', 'MultiValueAddOnly'])('%s adds and never takes off', (flowType) => {
    expect(written(tags(split, { flowType }), ['vip', 'sales'], ['sales'], 'support')).toEqual(['vip', 'sales', 'support']);
  });

  it('we own what we added, not what was there before', () => {
    const desired = mapUser(
      aMappingInput({ mode: 'update', attributes: { ...aMappingInput().attributes, department: 'a;b' } }),
      aUserMapping(tags(split)),
    );
    expect(ownedTagsAfter(desired, { tags: ['a', 'x'] }, ['old'])).toEqual(['b']);
    expect(ownedTagsAfter(desired, { tags: ['a', 'x'] }, ['a'])).toEqual(['a', 'b']);
  });

  it('converges, whatever was there and whatever we owned', () => {
    const word = fc.constantFrom('a', 'b', 'c', 'D', 'e f');
    const users = aUserMapping(tags(split, { flowNullValues: 'clear' }));
    fc.assert(
      fc.property(fc.uniqueArray(word), fc.uniqueArray(word), fc.uniqueArray(word), (current, owned, wanted) => {
        const attributes = { ...aMappingInput().attributes, department: wanted.join(';') || null };
        const desired = mapUser(aMappingInput({ mode: 'update', attributes }), users);
        const options = { type: 'user', mode: 'update', ownedTags: owned } as const;
        const first = changesFor(desired, { tags: current }, options).find(({ attribute }) => attribute === 'tags');
        const after = first === undefined ? current : (first.newValue as readonly string[]);
        const ownedTags = ownedTagsAfter(desired, { tags: current }, owned);
        const second = changesFor(desired, { tags: after }, { ...options, ownedTags }).find(
          ({ attribute }) => attribute === 'tags',
        );
        expect(second).toBeUndefined();
        for (const tag of current.filter((one) => !owned.includes(one))) expect(after).toContain(tag);
      }),
    );
  });
});
