import { mapUser } from '../../src/core/map';
import { changesFor } from '../../src/core/map/changes';
import { targetId } from '../../src/core/model';
import { aMappingInput, aUserMapping, mapTo } from '../builders/schema';
import { loadZendeskContract } from '../support/zendesk-contract';
import { aNewUser } from './target-connector-suite';
import { makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

/** Every attribute that can be written, written through the connector to the simulated account and read back. */
describe('attributes that agents have', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld({ connector: { readGroups: true, readBrands: true } });
  });
  afterEach(() => world.close());
  const row = (id: string) => world.simulator.state.users.get(Number(id))!;

  const users = aUserMapping([
    mapTo('role', '"agent"'),
    mapTo('signature', 'Append([displayName], ", Support")'),
    mapTo('default_group_id', '[department]'),
    mapTo('agent_brand_ids', 'Split([companyName], ";")'),
    mapTo('ticket_restriction', '"groups"'),
    mapTo('only_private_comments', '"True"'),
    mapTo('moderator', '"True"'),
    mapTo('shared_phone_number', '"False"'),
    mapTo('remote_photo_url', 'Append("https://img.example/", [mailNickname])'),
  ]);

  async function wanted(mode: 'create' | 'update', attributes: Record<string, string>) {
    const account = await world.connector.describe(true);
    const desired = mapUser(aMappingInput({ mode, account, attributes }), users);
    expect(desired.issues).toEqual([]);
    return desired;
  }

  it('are created, found equal by the next look, changed, and asked for as the contract has them', async () => {
    const { simulator, connector } = world;
    simulator.seed.group('Second line');
    const night = simulator.seed.group('Night shift');
    for (const name of ['Contoso', 'Fabrikam']) simulator.seed.brand(name);
    const person = { department: 'second LINE', companyName: 'fabrikam;Contoso', mailNickname: 'ann.png' };
    const desired = await wanted('create', person);
    const ownPlace = new Set(['external_id', 'name', 'role']);
    const attributes = Object.fromEntries(
      [...desired.values].filter(([name]) => !ownPlace.has(name)).map(([name, { value }]) => [name, value]),
    );
    const role = { role: 'agent', customRoleId: null } as const;
    const created = await connector.createUser(aNewUser({ role, attributes }));

    expect(row(created.id)).toMatchObject({
      signature: 'Ann Lee, Support',
      ticket_restriction: 'groups',
      only_private_comments: true,
      moderator: true,
      remote_photo_url: 'https://img.example/ann.png',
    });
    expect(simulator.state.groups.get(row(created.id).default_group_id ?? 0)?.name).toBe('Second line');
    expect(simulator.state.brandsOf.get(Number(created.id))?.size).toBe(2);

    const options = { type: 'user', mode: 'update', ownedTags: [], role } as const;
    const current = { ...created.attributes, external_id: 'x', name: created.name };
    const names = async (attributes: Record<string, string>) =>
      changesFor(await wanted('update', attributes), current, options)
        .filter(({ attribute }) => !ownPlace.has(attribute))
        .map(({ attribute, newValue }) => [attribute, newValue]);
    expect(await names(person)).toEqual([]);
    expect(await names({ ...person, department: 'Night shift', companyName: 'Contoso' })).toEqual([
      ['agent_brand_ids', [expect.any(String)]],
      ['default_group_id', String(night.id)],
    ]);

    const changed = await connector.updateUser(created, {
      attributes: { default_group_id: String(night.id), ticket_restriction: 'all', moderator: false },
    });
    expect(changed.attributes).toMatchObject({
      default_group_id: String(night.id),
      ticket_restriction: null,
      moderator: false,
      only_private_comments: true,
    });
    const contract = await loadZendeskContract();
    const misfits = simulator.traffic.flatMap(({ method, path, query, requestBody, status, responseBody }) => [
      ...(contract?.validateRequest({ method, path, query, ...(requestBody === undefined ? {} : { body: requestBody }) }) ?? []),
      ...(contract?.validateResponse({ method, path, status, body: responseBody }) ?? []),
    ]);
    expect(misfits.filter((misfit) => !misfit.includes('oauth'))).toEqual([]);
  });

  it('brands have no effect, and are left out, where agents belong to all of them', async () => {
    world.simulator.features.manualBrandAccess = false;
    world.simulator.seed.brand('Contoso');
    world.simulator.seed.group('Second line');
    const account = await world.connector.describe(true);
    const attributes = { department: 'Second line', companyName: 'Contoso', mailNickname: 'a' };
    const desired = mapUser(aMappingInput({ account, attributes }), users);
    expect(desired.values.has('agent_brand_ids')).toBe(false);
    expect(desired.issues).toEqual([expect.objectContaining({ attribute: 'agent_brand_ids', isFatal: false })]);
  });

  it('an account without such mappings is asked for neither groups nor brands', async () => {
    const plain = await makeZendeskWorld();
    await plain.connector.describe();
    expect(plain.simulator.traffic.filter(({ path }) => /groups|brands/.test(path))).toEqual([]);
    await plain.close();
  });

  it('a group is made private, and never asked to become public again', async () => {
    const made = await world.connector.createGroup({ name: 'Secret', isPublic: false });
    expect(made.isPublic).toBe(false);
    expect(world.simulator.state.groups.get(Number(made.id))?.is_public).toBe(false);
    expect((await world.connector.getGroup(targetId(made.id)))?.isPublic).toBe(false);
  });
});
