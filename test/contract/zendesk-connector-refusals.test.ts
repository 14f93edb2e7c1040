import { OpenTicketsError, RejectedError } from '../../src/core/errors';
import { targetId } from '../../src/core/model';
import { makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

describe('Zendesk connector › what a refusal means', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld();
  });
  afterEach(() => world.close());

  describe('a refused deletion', () => {
    const refuse = (status: number, body: unknown) => world.simulator.faults.next({ method: 'DELETE' }, { status, body });
    const invalid = { error: 'RecordInvalid', details: { base: [{ description: 'Benutzer ist Anfragesteller' }] } };

    it('open tickets are told in any language', async () => {
      world.simulator.faults.language = 'es';
      const id = world.seedUser({ name: 'Bob' });
      world.openTicket(id);
      await expect(world.connector.deleteUser(id)).rejects.toMatchObject({
        constructor: OpenTicketsError,
        code: 'PROV_TARGET_REJECTED',
        detail: expect.stringContaining('solicitante'),
      });
    });

    it('403 is something else, whatever tickets there are', async () => {
      const id = world.seedUser({ name: 'Owner' });
      world.openTicket(id);
      refuse(403, { error: { title: 'Forbidden', message: 'You cannot delete this user.' } });
      const failure = world.connector.deleteUser(id);
      await expect(failure).rejects.toBeInstanceOf(RejectedError);
      await expect(failure).rejects.not.toBeInstanceOf(OpenTicketsError);
    });

    it('closed tickets prove nothing, on any page', async () => {
      const id = world.seedUser({ name: 'Bob' });
      const closed = { tickets: [{ id: 1, status: 'closed' }], count: 101 };
      const next = `${world.simulator.url}/api/v2/users/${id}/tickets/requested?page=2`;
      refuse(422, invalid);
      world.simulator.faults.next({ path: /tickets/ }, { status: 200, body: { ...closed, next_page: next } });
      world.simulator.faults.next({ path: /tickets/ }, { status: 200, body: { ...closed, next_page: null } });
      const failure = world.connector.deleteUser(id);
      await expect(failure).rejects.toBeInstanceOf(RejectedError);
      await expect(failure).rejects.not.toBeInstanceOf(OpenTicketsError);
      expect(world.simulator.faults.pending).toBe(0);
    });
  });

  it('addresses › without side-loading each account is asked for its own, and nothing is missing', async () => {
    const id = world.seedUser({ name: 'Ann', email: 'ann@example.com', otherEmail: 'boss@example.com' });
    world.simulator.faults.sideloads = false;
    expect(await world.connector.addressesOf(id)).toEqual(['ann@example.com', 'boss@example.com']);
  });

  it('addresses › of a hundred accounts are one request; phone numbers are none of them', async () => {
    const ids = Array.from({ length: 100 }, (_, at) => world.seedUser({ name: `User ${at}`, email: `u${at}@example.com` }));
    const phone = world.simulator.seed.user({ name: 'Phone', email: 'p@example.com', phone: '+47 11' });
    expect(await world.connector.addressesOf(targetId(phone.id))).toEqual(['p@example.com']);
    const before = world.simulator.stats.requests;
    const all = await Promise.all(ids.map((id) => world.connector.addressesOf(id)));
    expect(all.flat()).toHaveLength(100);
    expect(world.simulator.stats.requests - before).toBe(1);
  });
});
