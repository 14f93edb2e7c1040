import { NotFoundError, ProvisioningError, WatermarkExpiredError } from '../../src/core/errors';
import type {
  AppRoleAssignment,
  Attributes,
  AttributeValue,
  ObjectType,
  SourceApplication,
  SourceId,
} from '../../src/core/model';
import {
  type AssignedPrincipal,
  type AssignmentPage,
  type AssignmentsRead,
  MAX_GROUPS_PER_DELTA,
  type MemberChange,
  type MembershipProof,
  type PermissionFinding,
  type Proof,
  type SourceChange,
  type SourceConnector,
  type SourceLink,
  type SourceMember,
  type SourcePage,
  type SourceRead,
} from '../../src/ports/source-connector';
import { FakeDirectory, type FakeObject } from './source-directory';

/** A method of the port that is about to be carried out, with the ids or links it was given. */
export interface SourceCall {
  readonly method: keyof SourceConnector;
  readonly subject: string;
}

/** How the fake source misbehaves; change it at any time. */
export interface SourceSwitches {
  /** The assignment list comes empty, complete and wrong; direct reads still tell the truth. */
  emptyAssignments: boolean;
  /** The assignment list lacks every second row and does not say so. */
  truncatedAssignments: boolean;
  /** The application comes without its app roles. */
  missingAppRoles: boolean;
  /** Lists whose pages lead back to themselves and never end. */
  endless: ReadonlySet<'assignments' | 'users' | 'groups'>;
  /** Direct reads and proofs of these ids, or of all, are unknown. */
  unknownReads: ReadonlySet<string> | 'all';
  /** Delta rows come twice. */
  duplicates: boolean;
  /** Users' rows come with null for what identifies them, as if a permission was lost. */
  nullRows: boolean;
  /** What {@link FakeSourceConnector.checkPermissions} says of these; nothing else heeds it. */
  missingPermissions: ReadonlySet<string>;
}

interface Round {
  readonly type: ObjectType;
  /** The log position that the round starts after; undefined for a round over everything. */
  readonly since: number | undefined;
  readonly upTo: number;
  readonly select: readonly string[];
  readonly groupIds: readonly SourceId[];
  readonly ids: readonly SourceId[];
  readonly offset: number;
}

/** The source port in memory, for property tests: a directory that can be changed, delta rounds with opaque links, faults on demand. */
export class FakeSourceConnector implements SourceConnector {
  readonly directory: FakeDirectory;
  readonly switches: SourceSwitches = {
    emptyAssignments: false,
    truncatedAssignments: false,
    missingAppRoles: false,
    endless: new Set(),
    unknownReads: new Set(),
    duplicates: false,
    nullRows: false,
    missingPermissions: new Set(),
  };
  /** Runs before each call (and each page of a list); throw from it to make the call fail. */
  beforeCall: ((call: SourceCall) => void | Promise<void>) | undefined;
  pageSize = 100;
  private readonly lists = new Map<SourceLink, readonly AppRoleAssignment[]>();
  private links = new Map<SourceLink, Round>();
  private linkCounter = 0;

  constructor(directory: FakeDirectory = new FakeDirectory()) {
    this.directory = directory;
  }

  /** Every link handed out so far is no longer known. */
  expireWatermarks(): void {
    this.links.clear();
    this.lists.clear();
  }

  async readApplication(): Promise<SourceApplication> {
    await this.call('readApplication', '');
    return {
      id: 'ffffffff-0000-4000-8000-000000000001',
      appId: 'ffffffff-0000-4000-8000-000000000002',
      displayName: 'Zendesk',
      appRoles: this.switches.missingAppRoles ? [] : [...this.directory.appRoles],
    };
  }

  async checkPermissions(): Promise<readonly PermissionFinding[]> {
    await this.call('checkPermissions', '');
    return ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All'].map((permission) => ({
      permission,
      verdict: this.switches.missingPermissions.has(permission) ? 'missing' : 'granted',
      evidence: 'GET users: 403',
    }));
  }

  async *listAssignments(): AsyncGenerator<readonly AppRoleAssignment[]> {
    for await (const page of this.paged('listAssignments', '', this.shownAssignments())) yield page;
  }

  async readAssignments(link: SourceLink | undefined): Promise<AssignmentPage> {
    await this.call('readAssignments', link ?? '');
    const rows = link === undefined ? this.shownAssignments() : this.lists.get(link);
    if (!rows) throw new WatermarkExpiredError('The link is no longer known');
    const rest = rows.slice(this.pageSize);
    if (rest.length === 0) return { assignments: rows, next: undefined };
    this.linkCounter += 1;
    const next = this.switches.endless.has('assignments') ? `fake:loop:${this.linkCounter % 2}` : `fake:list:${this.linkCounter}`;
    this.lists.set(next, this.switches.endless.has('assignments') ? rows : rest);
    return { assignments: rows.slice(0, this.pageSize), next };
  }

  private shownAssignments(): readonly AppRoleAssignment[] {
    const { emptyAssignments, truncatedAssignments } = this.switches;
    if (emptyAssignments) return [];
    return this.directory.listedAssignments().filter((_, index) => !truncatedAssignments || index % 2 === 0);
  }

  async readAssignmentsOf({ id, missing }: AssignedPrincipal): Promise<AssignmentsRead> {
    const failure = await this.failure('readAssignmentsOf', [id, ...missing.map((one) => one.id)]);
    return failure ?? { kind: 'known', assignments: this.directory.listedAssignments().filter((one) => one.principalId === id) };
  }

  async proveMembershipGone(groupId: SourceId, memberId: SourceId): Promise<MembershipProof> {
    const isThere = () => this.directory.members.get(groupId)?.has(memberId) ?? false;
    const proof = await this.proof('proveMembershipGone', [groupId, memberId], isThere);
    const isLacking = proof.kind === 'absent' && ![groupId, memberId].every((id) => this.directory.isLive(id));
    return isLacking ? { kind: 'absent', lacksObject: true } : proof;
  }

  readUserChanges(link: SourceLink | undefined, select: readonly string[]): Promise<SourcePage> {
    return this.delta('readUserChanges', 'user', link, select, []);
  }

  readGroupChanges(link: SourceLink | undefined, groupIds: readonly SourceId[], select: readonly string[]): Promise<SourcePage> {
    if (groupIds.length === 0 || groupIds.length > MAX_GROUPS_PER_DELTA)
      throw new RangeError('A group delta names 1 to 50 groups');
    return this.delta('readGroupChanges', 'group', link, select, groupIds);
  }

  readUser(idOrName: string, select: readonly string[]): Promise<SourceRead> {
    return this.read('readUser', 'user', idOrName, select);
  }

  readGroup(idOrName: string, select: readonly string[]): Promise<SourceRead> {
    return this.read('readGroup', 'group', idOrName, select);
  }

  async searchUsers(text: string) {
    await this.call('searchUsers', text);
    const select = ['displayName', 'userPrincipalName', 'mail'];
    const begins = ({ attributes }: FakeObject): boolean =>
      select.some((name) =>
        String(attributes[name] ?? '')
          .toLowerCase()
          .startsWith(text.toLowerCase()),
      );
    const users = [...this.directory.objects.values()].filter(
      (one) => one.type === 'user' && one.state === 'live' && begins(one),
    );
    return users.slice(0, 21).map((one) => ({ id: one.id, attributes: attributesOf(one, select, true) }));
  }

  async *listMembers(groupId: SourceId): AsyncGenerator<readonly SourceMember[]> {
    if (!this.directory.isLive(groupId)) throw new NotFoundError('source', 'No such group');
    const members = [...this.directory.membersOf(groupId)].map(([id, type]) => ({ id, type }));
    for await (const page of this.paged('listMembers', groupId, members)) yield page;
  }

  async *listDeletedUsers() {
    for await (const page of this.paged('listDeletedUsers', '', this.directory.deletedUsers())) yield page;
  }

  async *listGroups(select: readonly string[]) {
    const groups = [...this.directory.members.keys()].filter((id) => this.directory.isLive(id));
    for await (const page of this.paged('listGroups', '', groups)) {
      const reads = await Promise.all(page.map((id) => this.readGroup(id, select)));
      yield reads.flatMap((read) => (read.kind === 'present' ? [{ id: read.id, attributes: read.attributes }] : []));
    }
  }

  async *listGroupsOf(_memberType: ObjectType, memberId: SourceId): AsyncGenerator<readonly SourceId[]> {
    if (!this.directory.isLive(memberId)) throw new NotFoundError('source', 'No such object');
    const groups = [...this.directory.members].filter(([, members]) => members.has(memberId)).map(([id]) => id);
    for await (const page of this.paged('listGroupsOf', memberId, groups)) yield page;
  }

  private async call(method: keyof SourceConnector, subject: string): Promise<void> {
    await this.beforeCall?.({ method, subject });
  }

  private async *paged<T>(method: keyof SourceConnector, subject: string, all: readonly T[]): AsyncGenerator<readonly T[]> {
    for (let offset = 0; offset === 0 || offset < all.length; offset += this.pageSize) {
      await this.call(method, subject);
      yield all.slice(offset, offset + this.pageSize);
    }
  }

  private isUnknown(...subjects: readonly string[]): boolean {
    const { unknownReads } = this.switches;
    return unknownReads === 'all' || subjects.some((subject) => unknownReads.has(subject));
  }

  private async proof(method: keyof SourceConnector, subjects: readonly string[], isThere: () => boolean): Promise<Proof> {
    const failure = await this.failure(method, subjects);
    if (failure !== undefined) return failure;
    return isThere() ? { kind: 'present' } : { kind: 'absent' };
  }

  /** Direct reads do not throw for a failure of their own: it is `unknown`. */
  private async failure(method: keyof SourceConnector, subjects: readonly string[]) {
    try {
      await this.call(method, subjects.join(' '));
    } catch (error) {
      if (error instanceof ProvisioningError) return { kind: 'unknown', reason: error.message } as const;
      throw error;
    }
    return this.isUnknown(...subjects) ? ({ kind: 'unknown', reason: 'switched to unknown' } as const) : undefined;
  }

  private async read(
    method: 'readUser' | 'readGroup',
    type: ObjectType,
    name: string,
    select: readonly string[],
  ): Promise<SourceRead> {
    const failure = await this.failure(method, [name]);
    if (failure !== undefined) return failure;
    const wanted = name.toLowerCase();
    const named = [...this.directory.objects.values()].filter((object) => {
      if (object.type !== type || object.state === 'hard') return false;
      const { userPrincipalName, mail, displayName } = object.attributes;
      const names = type === 'user' ? [userPrincipalName, mail] : [displayName];
      return object.id === wanted || names.some((one) => typeof one === 'string' && one.toLowerCase() === wanted);
    });
    const found = named.filter((object) => object.state === 'live');
    if (found.length > 1) return { kind: 'unknown', reason: 'several objects have this name' };
    const object = found[0] ?? named[0];
    if (object === undefined) return { kind: 'absent' };
    if (this.isUnknown(object.id)) return { kind: 'unknown', reason: 'switched to unknown' };
    return {
      kind: object.state === 'live' ? 'present' : 'softDeleted',
      id: object.id,
      attributes: attributesOf(object, select, true),
    };
  }

  private async delta(
    method: 'readUserChanges' | 'readGroupChanges',
    type: ObjectType,
    link: SourceLink | undefined,
    select: readonly string[],
    groupIds: readonly SourceId[],
  ): Promise<SourcePage> {
    await this.call(method, link ?? '');
    const round = link === undefined ? this.round(type, undefined, select, groupIds) : this.resume(link);
    const end = round.offset + this.pageSize;
    const rows = round.ids.slice(round.offset, end).flatMap((id) => this.render(round, id));
    const changes = this.switches.duplicates ? [...rows, ...rows] : rows;
    if (this.switches.endless.has(type === 'user' ? 'users' : 'groups')) {
      this.linkCounter += 1;
      const loop = `fake:loop:${type}:${this.linkCounter % 3}`;
      this.links.set(loop, { ...round, offset: 0 });
      return { changes, next: loop };
    }
    if (end < round.ids.length) return { changes, next: this.issue({ ...round, offset: end }) };
    return { changes, watermark: this.issue({ ...round, since: round.upTo, ids: [], offset: -1 }) };
  }

  /** A watermark stands for a round that has not begun; a next link for one that has. */
  private resume(link: SourceLink): Round {
    const known = this.links.get(link);
    if (known === undefined) throw new WatermarkExpiredError('The link is no longer known');
    return known.offset === -1 ? this.round(known.type, known.since, known.select, known.groupIds) : known;
  }

  private round(type: ObjectType, since: number | undefined, select: readonly string[], groupIds: readonly SourceId[]): Round {
    const isWanted = (id: SourceId): boolean => type === 'user' || groupIds.includes(id);
    const { log, objects, seq } = this.directory;
    const ids =
      since === undefined
        ? [...objects.values()].filter((object) => object.type === type && object.state === 'live').map((object) => object.id)
        : log.filter((change) => change.type === type && change.seq > since).map((change) => change.id);
    return { type, since, upTo: seq, select, groupIds, ids: [...new Set(ids)].filter(isWanted), offset: 0 };
  }

  private issue(round: Round): SourceLink {
    this.linkCounter += 1;
    const link = `fake:link:${this.linkCounter}`;
    this.links.set(link, round);
    return link;
  }

  private render(round: Round, id: SourceId): SourceChange[] {
    const object = this.directory.objects.get(id);
    if (object === undefined) return [];
    const { type } = round;
    if (object.state !== 'live') return [{ kind: 'removed', type, id, reason: object.state }];
    const blank = { accountEnabled: null, userPrincipalName: null, displayName: null };
    const isNulled = this.switches.nullRows && type === 'user';
    const attributes = isNulled ? { id, ...blank } : attributesOf(object, round.select, false);
    const members = type === 'group' ? this.memberChanges(round, id) : [];
    return [{ kind: 'present', type, id, attributes, isComplete: !isNulled, ...(members.length > 0 && { members }) }];
  }

  private memberChanges(round: Round, id: SourceId): readonly MemberChange[] {
    const { since, upTo } = round;
    if (since === undefined) {
      return [...this.directory.membersOf(id)].map(([memberId, memberType]) => ({ memberId, memberType, isMember: true }));
    }
    return this.directory.log
      .filter((change) => change.id === id && change.seq > since && change.seq <= upTo)
      .flatMap(({ member }) => (member ? [{ memberId: member.id, memberType: member.type, isMember: member.isMember }] : []));
  }
}

const ALWAYS = {
  user: ['accountEnabled', 'userPrincipalName', 'displayName'],
  group: ['displayName', 'securityEnabled', 'visibility'],
};

function attributesOf(object: FakeObject, select: readonly string[], isWhole: boolean): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  attributes.id = object.id;
  for (const name of new Set([...ALWAYS[object.type], ...select])) {
    const value = name === 'objectId' || name === 'id' ? object.id : object.attributes[name];
    if (value !== undefined) attributes[name] = value;
    else if (isWhole) attributes[name] = null;
  }
  return attributes;
}
