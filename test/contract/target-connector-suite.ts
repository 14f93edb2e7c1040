import { AlreadyExistsError, LicenseLimitError, NotFoundError, OpenTicketsError, RejectedError } from '../../src/core/errors';
import { type TargetId, type TargetMembership, type TargetRole, targetId } from '../../src/core/model';
import type { NewTargetUser, TargetConnector } from '../../src/ports/target-connector';

/** A user as the account itself holds it, however it is stored. */
export interface SeenUser {
  readonly email: string | null;
  readonly emails: readonly string[];
  readonly externalId: string | null;
  readonly name: string;
  readonly role: string;
  readonly customRoleId: string | null;
  readonly suspended: boolean;
  readonly active: boolean;
  readonly tags: readonly string[];
}

/** An account and the connector to it. */
export interface TargetWorld {
  readonly connector: TargetConnector;
  /** A custom role that exists in the account. */
  readonly customRoleId: TargetId;
  seedUser(user: {
    readonly name: string;
    readonly email?: string;
    readonly role?: 'end-user' | 'agent' | 'admin';
    readonly suspended?: boolean;
    readonly otherEmail?: string;
  }): TargetId;
  seedGroup(name: string): TargetId;
  /** The user has requested a ticket that is not closed. */
  openTicket(id: TargetId): void;
  /** Leaves no paid seat free. */
  takeAllSeats(): void;
  user(id: TargetId): SeenUser | undefined;
  /** Names of the groups a user is in, the default one first. */
  groupsOf(id: TargetId): readonly string[];
  countUsers(): number;
  mails(): number;
  close(): Promise<void>;
}

const END_USER: TargetRole = { role: 'end-user', customRoleId: null };
const AGENT: TargetRole = { role: 'agent', customRoleId: null };

/** A valid new user unless told otherwise. */
export function aNewUser(changes: Partial<NewTargetUser> = {}): NewTargetUser {
  return {
    externalId: 'b1f6a4c0-6a53-4f6b-9e6d-0c8f6f1f0001',
    name: 'Ann Example',
    email: 'ann@example.com',
    role: END_USER,
    suspended: false,
    attributes: {},
    sendWelcomeMail: false,
    ...changes,
  };
}

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const rows: T[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

/** What every target connector promises, whatever is behind it. */
export function describeTargetConnector(name: string, make: () => Promise<TargetWorld>): void {
  describe(`target connector › ${name}`, () => {
    let world: TargetWorld;
    let connector: TargetConnector;
    beforeEach(async () => {
      world = await make();
      connector = world.connector;
    });
    afterEach(() => world.close());

    it('describe › names the credential itself, and says what the account has', async () => {
      const description = await connector.describe();
      expect(world.user(description.selfId)?.role).toBe('admin');
      expect(description.hasUserTagging).toBe(true);
      expect(description.locales).toContain('en-US');
      expect(description.customRoles.map(({ id }) => id)).toContain(world.customRoleId);
    });

    it('createUser › the account holds the user, and no mail went out', async () => {
      const created = await connector.createUser(aNewUser({ attributes: { tags: ['vip'] } }));
      expect(world.user(created.id)).toMatchObject({
        email: 'ann@example.com',
        externalId: aNewUser().externalId,
        role: 'end-user',
        customRoleId: null,
        suspended: false,
        tags: ['vip'],
      });
      expect(created).toMatchObject({ email: 'ann@example.com', active: true, attributes: { tags: ['vip'] } });
      expect(world.mails()).toBe(0);
    });

    it('createUser › a welcome mail only when asked for', async () => {
      await connector.createUser(aNewUser({ sendWelcomeMail: true }));
      expect(world.mails()).toBe(1);
    });

    it('createUser › without e-mail', async () => {
      const created = await connector.createUser(aNewUser({ email: null }));
      expect(world.user(created.id)).toMatchObject({ email: null, emails: [] });
    });

    it('createUser › an agent with a custom role, as one pair', async () => {
      const created = await connector.createUser(aNewUser({ role: { role: 'agent', customRoleId: world.customRoleId } }));
      expect(world.user(created.id)).toMatchObject({ role: 'agent', customRoleId: world.customRoleId });
      expect(created.role).toEqual({ role: 'agent', customRoleId: world.customRoleId });
    });

    it('createUser › a taken address or external id is said by attribute', async () => {
      await connector.createUser(aNewUser());
      const other = 'b1f6a4c0-6a53-4f6b-9e6d-0c8f6f1f0002';
      const sameEmail = connector.createUser(aNewUser({ externalId: other, email: 'ANN@example.com' }));
      await expect(sameEmail).rejects.toMatchObject({ constructor: AlreadyExistsError, attribute: 'email' });
      const sameId = connector.createUser(aNewUser({ email: 'other@example.com' }));
      await expect(sameId).rejects.toMatchObject({ constructor: AlreadyExistsError, attribute: 'external_id' });
    });

    it('createUser › no name is refused', async () => {
      await expect(connector.createUser(aNewUser({ name: '' }))).rejects.toMatchObject({
        constructor: RejectedError,
        attribute: 'name',
      });
    });

    it('createUser › no free seat', async () => {
      world.takeAllSeats();
      await expect(connector.createUser(aNewUser({ role: AGENT }))).rejects.toBeInstanceOf(LicenseLimitError);
    });

    it('findUsers › by external id in any case; nobody for nothing', async () => {
      const created = await connector.createUser(aNewUser());
      const found = await connector.findUsers({ attribute: 'external_id', value: aNewUser().externalId.toUpperCase() });
      expect(found.map(({ id }) => id)).toEqual([created.id]);
      expect(await connector.findUsers({ attribute: 'external_id', value: 'nobody' })).toEqual([]);
      expect(await connector.findUsers({ attribute: 'external_id', value: '' })).toEqual([]);
    });

    it('findUsers › by e-mail: primary or other address, exactly', async () => {
      const id = world.seedUser({ name: 'Bob', email: 'bob@example.com', otherEmail: 'robert@example.com' });
      world.seedUser({ name: 'Bobby', email: 'bob@example.com.org' });
      expect((await connector.findUsers({ attribute: 'email', value: 'BOB@example.com' })).map((user) => user.id)).toEqual([id]);
      expect((await connector.findUsers({ attribute: 'email', value: 'robert@example.com' })).map((user) => user.id)).toEqual([
        id,
      ]);
      expect(await connector.findUsers({ attribute: 'email', value: 'ob@example.com' })).toEqual([]);
    });

    it('findUsers › by name: all of them, exactly', async () => {
      const first = world.seedUser({ name: 'Kim Lee', email: 'kim1@example.com' });
      const second = world.seedUser({ name: 'Kim Lee', email: 'kim2@example.com' });
      world.seedUser({ name: 'Kim Leeson', email: 'kim3@example.com' });
      expect((await connector.findUsers({ attribute: 'name', value: 'kim lee' })).map(({ id }) => id)).toEqual([first, second]);
    });

    it('updateUser › only what is given', async () => {
      const created = await connector.createUser(aNewUser({ attributes: { tags: ['a'] } }));
      const after = await connector.updateUser(created, { name: 'Ann Other', suspended: true });
      expect(world.user(created.id)).toMatchObject({ name: 'Ann Other', suspended: true, tags: ['a'], email: 'ann@example.com' });
      expect(after).toMatchObject({ name: 'Ann Other', suspended: true, email: 'ann@example.com' });
    });

    it('updateUser › a new address is the primary and only one', async () => {
      const created = await connector.createUser(aNewUser());
      const after = await connector.updateUser(created, { email: 'ann.new@example.com' });
      expect(after.email).toBe('ann.new@example.com');
      expect(world.user(created.id)).toMatchObject({ email: 'ann.new@example.com', emails: ['ann.new@example.com'] });
      expect(world.mails()).toBe(0);
    });

    it('updateUser › an address of somebody else is never taken', async () => {
      const created = await connector.createUser(aNewUser());
      const other = world.seedUser({ name: 'Bob', email: 'bob@example.com' });
      const update = connector.updateUser(created, { email: 'bob@example.com' });
      await expect(update).rejects.toMatchObject({ constructor: AlreadyExistsError, attribute: 'email' });
      expect(world.user(other)?.email).toBe('bob@example.com');
      expect(world.user(created.id)?.email).toBe('ann@example.com');
    });

    it('updateUser › up to agent, down to end user: the pair is whole, the groups are gone', async () => {
      const created = await connector.createUser(aNewUser());
      const agent = await connector.updateUser(created, { role: { role: 'agent', customRoleId: world.customRoleId } });
      expect(world.user(created.id)).toMatchObject({ role: 'agent', customRoleId: world.customRoleId });
      const down = await connector.updateUser(agent, {
        role: { role: 'end-user', customRoleId: world.customRoleId },
        suspended: true,
      });
      expect(down.role).toEqual(END_USER);
      expect(world.user(created.id)).toMatchObject({ role: 'end-user', customRoleId: null, suspended: true });
      expect(world.groupsOf(created.id)).toEqual([]);
    });

    it('updateUser › never the credential itself', async () => {
      const { selfId } = await connector.describe();
      const self = await connector.getUser(selfId);
      await expect(connector.updateUser(self!, { suspended: true })).rejects.toBeInstanceOf(RejectedError);
      await expect(connector.updateUser(self!, { role: END_USER })).rejects.toBeInstanceOf(RejectedError);
      await expect(connector.deleteUser(selfId)).rejects.toBeInstanceOf(RejectedError);
      expect(world.user(selfId)).toMatchObject({ role: 'admin', suspended: false, active: true });
    });

    it('deleteUser › is remembered as not active, frees the address, may be repeated', async () => {
      const created = await connector.createUser(aNewUser());
      expect(await connector.deleteUser(created.id)).toBe(true);
      expect(await connector.deleteUser(created.id)).toBe(false);
      expect((await connector.getUser(created.id))?.active).toBe(false);
      expect(await connector.findUsers({ attribute: 'external_id', value: aNewUser().externalId })).toEqual([]);
      await expect(connector.updateUser(created, { name: 'x' })).rejects.toBeInstanceOf(NotFoundError);
      expect((await connector.createUser(aNewUser())).id).not.toBe(created.id);
    });

    it('deleteUser › tickets that are not closed keep the account, and are named as the reason', async () => {
      const id = world.seedUser({ name: 'Bob', email: 'bob@example.com' });
      world.openTicket(id);
      await expect(connector.deleteUser(id)).rejects.toBeInstanceOf(OpenTicketsError);
      expect(world.user(id)?.active).toBe(true);
      const { selfId } = await connector.describe();
      await expect(connector.deleteUser(selfId)).rejects.not.toBeInstanceOf(OpenTicketsError);
    });

    it('addressesOf › the primary one first, then all others; none for nobody and for the deleted', async () => {
      const ann = world.seedUser({ name: 'Ann', email: 'ann@example.com', otherEmail: 'boss@example.com' });
      const bob = world.seedUser({ name: 'Bob', email: 'bob@example.com' });
      const mute = world.seedUser({ name: 'Mute' });
      const all = await Promise.all([ann, bob, mute, targetId('999999999')].map((id) => connector.addressesOf(id)));
      expect(all).toEqual([['ann@example.com', 'boss@example.com'], ['bob@example.com'], [], []]);
      await connector.deleteUser(bob);
      expect(await connector.addressesOf(bob)).toEqual([]);
    });

    it('countActiveAdmins › those who can sign in, the credential among them, no more than asked for', async () => {
      world.seedUser({ name: 'Agent', role: 'agent' });
      expect(await connector.countActiveAdmins(10)).toBe(1);
      world.seedUser({ name: 'Suspended', role: 'admin', suspended: true });
      const admin = world.seedUser({ name: 'Admin', role: 'admin' });
      expect([await connector.countActiveAdmins(10), await connector.countActiveAdmins(1)]).toEqual([2, 1]);
      await connector.deleteUser(admin);
      expect(await connector.countActiveAdmins(10)).toBe(1);
    });

    it('getUser › nobody', async () => {
      expect(await connector.getUser(targetId('999999999'))).toBeUndefined();
    });

    it('removeEmail › a secondary address goes, the primary stays, repeats are fine', async () => {
      const id = world.seedUser({ name: 'Bob', email: 'bob@example.com', otherEmail: 'old@example.com' });
      await connector.removeEmail(id, 'OLD@example.com');
      await connector.removeEmail(id, 'old@example.com');
      await connector.removeEmail(id, 'bob@example.com');
      expect(world.user(id)?.emails).toEqual(['bob@example.com']);
    });

    it('endSessions › never fails for lack of sessions', async () => {
      const created = await connector.createUser(aNewUser());
      await expect(connector.endSessions(created.id)).resolves.toBeUndefined();
      await expect(connector.endSessions(targetId('999999999'))).resolves.toBeUndefined();
    });

    it('limits › what is ours; there is room, and nothing to wait for', async () => {
      await connector.describe();
      const limits = await connector.limits();
      expect(limits.waits).toEqual([]);
      expect(limits.ourRequestsPerMinute).toBeGreaterThan(0);
      expect([connector.busyForMs('request'), connector.busyForMs('userUpdate')]).toEqual([0, 0]);
      await connector.clearWaits();
    });

    it('groups › created, found without case, renamed, deleted, deleted again', async () => {
      const created = await connector.createGroup({ name: 'Billing', description: 'Money' });
      expect(created).toMatchObject({ name: 'Billing', description: 'Money', isDefault: false, deleted: false });
      expect((await connector.findGroups('billing')).map(({ id }) => id)).toEqual([created.id]);
      expect(await connector.updateGroup(created.id, { name: 'Invoices' })).toMatchObject({
        name: 'Invoices',
        description: 'Money',
      });
      expect(await connector.findGroups('Billing')).toEqual([]);
      expect(await connector.deleteGroup(created.id)).toBe(true);
      expect(await connector.deleteGroup(created.id)).toBe(false);
      expect(await connector.getGroup(created.id)).toBeUndefined();
      expect(await connector.findGroups('Invoices')).toEqual([]);
      await expect(connector.updateGroup(created.id, { name: 'x' })).rejects.toBeInstanceOf(NotFoundError);
    });

    it('groups › the default one is not deleted', async () => {
      const [support] = await connector.findGroups('Support');
      expect(support?.isDefault).toBe(true);
      await expect(connector.deleteGroup(support!.id)).rejects.toBeInstanceOf(RejectedError);
      expect(await connector.getGroup(support!.id)).toBeDefined();
    });

    it('memberships › an agent joins once, however often asked; an end user is refused', async () => {
      const agent = world.seedUser({ name: 'Agent', email: 'agent@example.com', role: 'agent' });
      const endUser = world.seedUser({ name: 'End', email: 'end@example.com' });
      const group = world.seedGroup('Tier 2');
      const first = await connector.addMembership(agent, group);
      const second = await connector.addMembership(agent, group);
      expect(second.id).toBe(first.id);
      await expect(connector.addMembership(endUser, group)).rejects.toMatchObject({
        constructor: RejectedError,
        attribute: 'members',
      });
      const all: TargetMembership[] = await collect(connector.listGroupMemberships(group));
      expect(all).toEqual([first]);
      expect(world.groupsOf(agent)).toEqual(['Support', 'Tier 2']);
    });

    it('memberships › leaving the default group gives another one its place', async () => {
      const agent = world.seedUser({ name: 'Agent', email: 'agent@example.com', role: 'agent' });
      const group = world.seedGroup('Tier 2');
      await connector.addMembership(agent, group);
      const [support] = await connector.findGroups('Support');
      const own = (await collect(connector.listGroupMemberships(support!.id))).find(({ userId }) => userId === agent);
      await connector.removeMembership(own!);
      await connector.removeMembership(own!);
      expect(world.groupsOf(agent)).toEqual(['Tier 2']);
    });

    it('memberships › leaving the last group falls back to the default one, and that one is kept', async () => {
      const agent = world.seedUser({ name: 'Agent', email: 'agent@example.com', role: 'agent' });
      const group = world.seedGroup('Tier 2');
      const membership = await connector.addMembership(agent, group);
      const [support] = await connector.findGroups('Support');
      const own = (await collect(connector.listGroupMemberships(support!.id))).find(({ userId }) => userId === agent);
      await connector.removeMembership(own!);
      const last = (await collect(connector.listGroupMemberships(group))).find(({ id }) => id === membership.id);
      await connector.removeMembership(last!);
      expect(world.groupsOf(agent)).toEqual(['Support']);
      const only = (await collect(connector.listGroupMemberships(support!.id))).find(({ userId }) => userId === agent);
      await expect(connector.removeMembership(only!)).rejects.toMatchObject({ constructor: RejectedError, attribute: 'members' });
      expect(world.groupsOf(agent)).toEqual(['Support']);
    });
  });
}
