import { placeOf, SETTING_KEYS, settingOf } from '../../src/config/schema';
import { accessRules } from '../../src/engine/job-settings';
import { aCompany } from '../builders/people';
import { someSettings } from './support/world';

/** Texts of which every setting of the job accepts at least one that is not its default. */
const TEXTS = ['7', 'Unassign', '0 0 4 * * *', 'boss@contoso.com', 'other.json', '33333333-0000-4000-8000-000000000003'];

/** A value of a setting other than the one that `known` holds. */
function anotherValue(key: (typeof SETTING_KEYS)[number], known: unknown): unknown {
  const { parse } = settingOf(key);
  const words = parse.meta()?.['words'];
  const read = [...(Array.isArray(words) ? words : []), ...TEXTS].map((text) => parse.safeParse(text));
  const other = read.find((one) => one.success && JSON.stringify(one.data) !== JSON.stringify(known));
  if (!other?.success) throw new Error(`no other value for ${key}`);
  return other.data;
}

const ofTheJob = SETTING_KEYS.filter((key) => placeOf(key)[0] === 'job');
const marked = SETTING_KEYS.filter((key) => settingOf(key).decidesAccess);

describe('engine › a setting that decides access', () => {
  it('is each of these at least', () => {
    // They say who is in scope, what they get, or what losing access does. A mark that goes missing must be meant.
    expect(marked).toEqual(
      expect.arrayContaining([
        'ENTRA_SERVICE_PRINCIPAL_ID',
        'PROVISIONING_SCOPE',
        'GROUP_MEMBERSHIP',
        'DEFAULT_ACCESS',
        'DEPROVISION_USERS',
        'HARD_DELETED_USERS',
        'PROTECTED_USERS',
      ]),
    );
  });

  it.each(ofTheJob)('%s: a change of it makes the next cycle an initial one, if it is marked so, and only then', async (key) => {
    const { world } = aCompany({ users: 1 });
    await world.round();
    const name = placeOf(key)[1];
    world.settings = { ...world.settings, [name]: anotherValue(key, { ...world.settings }[name as never]) };
    expect([key, await world.round()]).toMatchObject([key, { cycleKind: marked.includes(key) ? 'initial' : 'incremental' }]);
    expect(await world.round()).toMatchObject({ cycleKind: 'incremental' });
  });

  it.each(marked)('%s: the rules hold its value', (key) => {
    const before = someSettings();
    const name = placeOf(key)[1];
    const after = { ...before, [name]: anotherValue(key, { ...before }[name as never]) };
    expect(accessRules(before).map(([setting]) => setting)).toContain(key);
    expect(accessRules(after)).not.toEqual(accessRules(before));
  });

  it('the rules are in one order, whatever the order of the settings', () => {
    const settings = someSettings();
    const reversed = Object.fromEntries(Object.entries(settings).reverse()) as unknown as typeof settings;
    expect(JSON.stringify(accessRules(reversed))).toBe(JSON.stringify(accessRules(settings)));
  });
});
