import { type AccountFacts, normaliseFor, normaliseTag } from '../../src/core/map/normalise';
import type { AttributeValue } from '../../src/core/model';
import { userAttribute } from '../../src/core/target-attributes';

const account: AccountFacts = {
  locales: ['en-US', 'de', 'pt-BR'],
  hasUserTagging: true,
  userFields: [
    { key: 'text', type: 'text', options: [] },
    { key: 'box', type: 'checkbox', options: [] },
    { key: 'whole', type: 'integer', options: [] },
    { key: 'part', type: 'decimal', options: [] },
    { key: 'day', type: 'date', options: [] },
    { key: 'level', type: 'dropdown', options: ['gold_level', 'silver_level'] },
    { key: 'skills', type: 'multiselect', options: ['sql', 'rust'] },
  ],
};

function normal(name: string, value: AttributeValue, facts: AccountFacts = account): unknown {
  const target = userAttribute(name);
  if (target === undefined) throw new Error(name);
  const result = normaliseFor(target, value, facts);
  return result.kind === 'value' ? result.value : result.kind;
}

describe('normalise › what Zendesk stores', () => {
  it.each([
    ['name', '  Ann \n Lee ', 'Ann Lee'],
    ['email', ' Ann.Lee@Contoso.COM ', 'ann.lee@contoso.com'],
    ['email', 'ann lee@contoso.com', 'refused'],
    ['email', 'a@b@c', 'refused'],
    ['email', `${'x'.repeat(250)}@b.example`, 'refused'],
    ['external_id', 'AbC', 'AbC'],
    ['external_id', 'x'.repeat(256), 'refused'],
    ['suspended', 'True', true],
    ['suspended', 'false', false],
    ['suspended', 'yes', 'refused'],
    ['phone', '+49  30 1', '+49 30 1'],
    ['phone', 'on request', 'refused'],
    ['organization', ' Contoso   Ltd ', 'Contoso Ltd'],
    ['time_zone', 'eastern time (us & canada)', 'Eastern Time (US & Canada)'],
    ['organizations', [' Beta  Ltd', 'Acme', 'beta ltd', ' '], ['Beta Ltd', 'Acme']],
    ['notes', 'a\r\nb\rc\n', 'a\nb\nc'],
    ['notes', '   ', 'empty'],
    ['notes', null, 'empty'],
    ['alias', ['one'], 'one'],
    ['alias', [], 'empty'],
    ['alias', ['one', 'two'], 'refused'],
    ['time_zone', 'Eastern Time (US & Canada)', 'Eastern Time (US & Canada)'],
    ['time_zone', 'Europe/Berlin', 'refused'],
    ['locale', 'EN-us', 'en-US'],
    ['locale', 'pt_br', 'pt-BR'],
    ['locale', 'de-CH', 'de'],
    ['locale', 'fr-FR', 'refused'],
    ['locale', 'pt-PT', 'refused'],
    ['locale', '../../x', 'refused'],
    ['tags', ['Sales EMEA', 'sales  emea', 'VIP', ''], ['sales_emea', 'vip']],
    ['tags', 'Research, Development', ['research_development']],
    ['tags', [], 'empty'],
    ['user_fields.text', ' x ', 'x'],
    ['user_fields.text', ['a', 'b'], 'a, b'],
    ['user_fields.box', 'True', true],
    ['user_fields.box', '0', false],
    ['user_fields.box', 'maybe', 'refused'],
    ['user_fields.whole', '007', 7],
    ['user_fields.whole', '1.5', 'refused'],
    ['user_fields.part', '1.50', 1.5],
    ['user_fields.day', '2026-01-31T08:00:00Z', '2026-01-31'],
    ['user_fields.day', '1/31/2026 8:00:00 AM', '2026-01-31'],
    ['user_fields.day', 'soon', 'refused'],
    ['user_fields.level', 'gold_level', 'gold_level'],
    ['user_fields.level', 'Gold Level', 'gold_level'],
    ['user_fields.level', 'bronze', 'refused'],
    ['user_fields.skills', ['SQL', 'rust', 'sql'], ['rust', 'sql']],
    ['user_fields.skills', ['cobol'], 'refused'],
    ['user_fields.gone', 'x', 'refused'],
  ] as const)('%s ← %j is %j', (name, given, expected) => {
    expect(normal(name, given as AttributeValue)).toEqual(expected);
  });

  it('is settled after one pass', () => {
    for (const [name, value] of [
      ['name', ' Ann  Lee'],
      ['email', 'A@B.c'],
      ['locale', 'EN_us'],
      ['tags', ['B c', 'a']],
      ['organization', 'A  b'],
      ['user_fields.day', '1/2/2026'],
      ['user_fields.level', 'Gold level'],
    ] as const) {
      const once = normal(name, value as AttributeValue);
      expect(normal(name, once as AttributeValue)).toEqual(once);
    }
  });

  it('without an account nothing is held against it', () => {
    expect(normal('locale', 'fr-FR', {})).toBe('fr-FR');
    expect(normal('user_fields.gone', 'x', {})).toBe('x');
  });

  it('tags are refused where tagging is off', () => {
    expect(normal('tags', ['a'], { hasUserTagging: false })).toBe('refused');
  });

  it('a tag is one word without separators, and not endless', () => {
    expect(normaliseTag(' A,"B" \t<c> ')).toBe('ab_c');
    expect(normaliseTag('x'.repeat(1000))).toHaveLength(255);
  });
});
