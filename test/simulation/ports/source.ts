import { NotFoundError, WatermarkExpiredError } from '../../../src/core/errors';
import type {
  AppRoleAssignment,
  Attributes,
  AttributeValue,
  ObjectType,
  SourceApplication,
  SourceId,
} from '../../../src/core/model';
import type {
  AssignedPrincipal,
  AssignmentPage,
  AssignmentsRead,
  MemberChange,
  MembershipProof,
  PermissionFinding,
  SourceChange,
  SourceConnector,
  SourceLink,
  SourceMember,
  SourcePage,
  SourceRead,
} from '../../../src/ports/source-connector';
import { hash } from '../play/random';
import type { Assignment, Entra, Person, Team } from '../world/entra';

/** How the source lies, by the salt that decides about whom; absent is truthful. */
export interface SourceLies {
  /** The assignment list is complete, 200, and empty. */
  emptyAssignments?: string;
  /** The assignment list lacks some rows and does not say so. */
  cutAssignments?: string;
  /** The assignment list lacks this one and does not say so. */
  hidesAssignment?: string;
  /** The last page of the assignments leads to itself. */
  endlessPages?: string;
  /** Direct reads and proofs of some are unknown. */
  unknownReads?: string;
  /** Direct reads and proofs of all are unknown. */
  unknownAll?: string;
  /** The application comes without its app roles. */
  noRoles?: string;
  /** Rows of some users have nulls where a permission is missing. */
  nullRows?: string;
  /** Rows of groups come without members, and say that they are not complete. */
  hiddenMembers?: string;
  /** A full round leaves some users out. */
  cutUsers?: string;
  /** A full round leaves out some members of each group. */
  cutMembers?: string;
  /** Delta rows come twice. */
  duplicates?: string;
}

export const APPLICATION = 'ffffffff-0000-4000-8000-000000000001';

interface Round {
  readonly type: ObjectType;
  readonly since: number | undefined;
  readonly upTo: number;
  readonly select: readonly string[];
  readonly ids: readonly string[];
  /** -1: a watermark, a round that has not begun. */
  readonly offset: number;
  readonly groupIds: readonly string[];
}

const id = (text: string): SourceId => text as SourceId;

/** The source port over the simulated Entra, with lies on demand. */
export class SimSource implements SourceConnector {
  lies: SourceLies = {};
  pageSize = 4;
  readonly #links = new Map<string, Round>();
  readonly #lists = new Map<string, readonly AppRoleAssignment[]>();
  #lastLink = 0;

  constructor(readonly entra: Entra) {}

  expireWatermarks(): void {
    this.#links.clear();
    this.#lists.clear();
  }

  /** How far one group was read is forgotten, with that of those which are read together with it. */
  expireWatermarkOf(groupId: string): void {
    for (const [link, { groupIds }] of this.#links) if (groupIds.includes(groupId)) this.#links.delete(link);
  }

  async readApplication(): Promise<SourceApplication> {
    const appRoles = this.lies.noRoles ? [] : this.entra.roles.map((role) => ({ ...role }));
    return { id: APPLICATION, appId: APPLICATION, displayName: 'Zendesk', appRoles };
  }

  async checkPermissions(): Promise<readonly PermissionFinding[]> {
    return ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All'].map((permission) => ({
      permission,
      verdict: 'granted',
      evidence: 'GET: 200',
    }));
  }

  async *listAssignments(): AsyncGenerator<readonly AppRoleAssignment[]> {
    yield* this.#pages(this.#listed());
  }

  async readAssignments(link: SourceLink | undefined): Promise<AssignmentPage> {
    const rows = link === undefined ? this.#listed() : this.#lists.get(link);
    if (!rows) throw new WatermarkExpiredError('The link is no longer known');
    const rest = rows.slice(this.pageSize);
    const isLast = rest.length === 0;
    if (isLast && !this.lies.endlessPages) return { assignments: rows, next: undefined };
    this.#lastLink += 1;
    const next = isLast ? 'list:again' : `list:${this.#lastLink}`;
    this.#lists.set(next, isLast ? rows : rest);
    return { assignments: rows.slice(0, this.pageSize), next };
  }

  async readAssignmentsOf({ id: principal }: AssignedPrincipal): Promise<AssignmentsRead> {
    if (this.#isUnknown(principal)) return { kind: 'unknown', reason: 'simulated' };
    const shown = this.entra.shownAssignments().filter((one) => one.principalId === principal);
    return { kind: 'known', assignments: shown.map(toAssignment) };
  }

  #listed(): readonly AppRoleAssignment[] {
    const { emptyAssignments, cutAssignments, hidesAssignment } = this.lies;
    const shown = emptyAssignments ? [] : this.entra.shownAssignments();
    return shown.filter(({ id }) => id !== hidesAssignment && !isDrawn(cutAssignments, id)).map(toAssignment);
  }

  async proveMembershipGone(groupId: SourceId, memberId: SourceId): Promise<MembershipProof> {
    if (this.#isUnknown(groupId + memberId)) return { kind: 'unknown', reason: 'simulated' };
    const isThere = this.entra.isLive(groupId) && this.entra.shownMembers(groupId).includes(memberId);
    if (isThere) return { kind: 'present' };
    return { kind: 'absent', lacksObject: !this.entra.isLive(groupId) || !this.entra.isLive(memberId) };
  }

  readUserChanges(link: SourceLink | undefined, select: readonly string[]): Promise<SourcePage> {
    return this.#delta('user', link, select, []);
  }

  readGroupChanges(link: SourceLink | undefined, groupIds: readonly SourceId[], select: readonly string[]): Promise<SourcePage> {
    return this.#delta('group', link, select, groupIds);
  }

  readUser(idOrName: string, select: readonly string[]): Promise<SourceRead> {
    const wanted = idOrName.toLowerCase();
    const matches = (one: Person): boolean => [one.id, one.upn, one.mail].some((name) => name?.toLowerCase() === wanted);
    return this.#read(idOrName, [...this.entra.people.values()].filter(matches), select);
  }

  /** Nobody searches in the simulation. */
  async searchUsers() {
    return [];
  }

  readGroup(idOrName: string, select: readonly string[]): Promise<SourceRead> {
    const wanted = idOrName.toLowerCase();
    const matches = (one: Team): boolean => one.id === wanted || one.name.toLowerCase() === wanted;
    return this.#read(idOrName, [...this.entra.teams.values()].filter(matches), select);
  }

  async *listDeletedUsers(): AsyncGenerator<readonly SourceId[]> {
    const soft = [...this.entra.people.values()].filter(({ state }) => state === 'soft');
    yield* this.#pages(soft.map((person) => id(person.id)));
  }

  async *listGroups(select: readonly string[]) {
    const live = [...this.entra.teams.values()].filter((team) => team.state === 'live');
    yield* this.#pages(live.map((team) => ({ id: id(team.id), attributes: attributesOf(team, select, true) })));
  }

  async *listMembers(groupId: SourceId): AsyncGenerator<readonly SourceMember[]> {
    if (!this.entra.isLive(groupId)) throw new NotFoundError('source', 'No such group');
    yield* this.#pages(this.entra.shownMembers(groupId).map((member) => ({ id: id(member), type: this.#typeOf(member) })));
  }

  async *listGroupsOf(_type: ObjectType, memberId: SourceId): AsyncGenerator<readonly SourceId[]> {
    if (!this.entra.isLive(memberId)) throw new NotFoundError('source', 'No such object');
    yield* this.#pages(
      this.entra
        .groupsOf(memberId)
        .filter((group) => this.entra.isLive(group))
        .map(id),
    );
  }

  async #read(name: string, named: readonly (Person | Team)[], select: readonly string[]): Promise<SourceRead> {
    const there = named.filter((one) => one.state !== 'hard');
    const live = there.filter((one) => one.state === 'live');
    if (this.#isUnknown(live[0]?.id ?? there[0]?.id ?? name)) return { kind: 'unknown', reason: 'simulated' };
    if (live.length > 1) return { kind: 'unknown', reason: 'several objects have this name' };
    const found = live[0] ?? there[0];
    if (!found) return { kind: 'absent' };
    const kind = found.state === 'live' ? 'present' : 'softDeleted';
    return { kind, id: id(found.id), attributes: attributesOf(found, select, true) };
  }

  async #delta(
    type: ObjectType,
    link: SourceLink | undefined,
    select: readonly string[],
    groupIds: readonly string[],
  ): Promise<SourcePage> {
    const round = link === undefined ? this.#round(type, undefined, select, groupIds) : this.#resume(link);
    const end = round.offset + this.pageSize;
    const rows = round.ids.slice(round.offset, end).flatMap((one) => this.#row(round, one));
    const changes = this.lies.duplicates ? [...rows, ...rows] : rows;
    if (end < round.ids.length) return { changes, next: this.#issue({ ...round, offset: end }) };
    return { changes, watermark: this.#issue({ ...round, since: round.upTo, ids: [], offset: -1 }) };
  }

  #resume(link: SourceLink): Round {
    const known = this.#links.get(link);
    if (!known) throw new WatermarkExpiredError('The link is no longer known');
    return known.offset === -1 ? this.#round(known.type, known.since, known.select, known.groupIds) : known;
  }

  #round(type: ObjectType, since: number | undefined, select: readonly string[], groupIds: readonly string[]): Round {
    const { log, people, teams } = this.entra;
    const isWanted = (one: string): boolean => type === 'user' || groupIds.includes(one);
    const all: readonly (Person | Team)[] = type === 'user' ? [...people.values()] : [...teams.values()];
    const ids =
      since === undefined
        ? all
            .filter((one) => one.state === 'live' && !(type === 'user' && isDrawn(this.lies.cutUsers, one.id)))
            .map((one) => one.id)
        : log.slice(since).flatMap((change) => (change.type === type ? [change.id] : []));
    return { type, since, upTo: log.length, select, groupIds, ids: [...new Set(ids)].filter(isWanted), offset: 0 };
  }

  #issue(round: Round): SourceLink {
    this.#lastLink += 1;
    this.#links.set(`link:${this.#lastLink}`, round);
    return `link:${this.#lastLink}`;
  }

  #row(round: Round, of: string): SourceChange[] {
    const object = round.type === 'user' ? this.entra.people.get(of) : this.entra.teams.get(of);
    if (!object) return [];
    const { type } = round;
    if (object.state !== 'live') return [{ kind: 'removed', type, id: id(of), reason: object.state }];
    if (type === 'user' && isDrawn(this.lies.nullRows, of)) {
      return [{ kind: 'present', type, id: id(of), attributes: this.#nulls(round, of), isComplete: false }];
    }
    const isHidden = type === 'group' && this.lies.hiddenMembers !== undefined;
    const members = type === 'group' && !isHidden ? this.#memberChanges(round, of) : [];
    const attributes = attributesOf(object, round.select, false);
    return [{ kind: 'present', type, id: id(of), attributes, isComplete: !isHidden, ...(members.length > 0 && { members }) }];
  }

  /** All nulls; in a full reading, which names whatever there is, what tells that a row is incomplete may as well be left out. */
  #nulls({ since }: Round, of: string): Attributes {
    const values = { id: of, displayName: null, mail: null, telephoneNumber: null, businessPhones: [], department: null };
    if (since === undefined && isDrawn(`${this.lies.nullRows} lacks`, of)) return values;
    return { ...values, accountEnabled: null, userPrincipalName: null };
  }

  #memberChanges({ since, upTo }: Round, of: string): readonly MemberChange[] {
    const change = (member: string, isMember: boolean): MemberChange => ({
      memberId: id(member),
      memberType: this.#typeOf(member),
      isMember,
    });
    if (since === undefined) {
      const shown = this.entra.shownMembers(of).filter((member) => !isDrawn(this.lies.cutMembers, of + member));
      return shown.map((member) => change(member, true));
    }
    return this.entra.log
      .slice(since, upTo)
      .flatMap((one) => (one.id === of && one.member ? [change(one.member.id, one.member.isMember)] : []));
  }

  #typeOf(of: string): ObjectType {
    return this.entra.teams.has(of) ? 'group' : 'user';
  }

  #isUnknown(subject: string): boolean {
    return this.lies.unknownAll !== undefined || isDrawn(this.lies.unknownReads, subject);
  }

  *#pages<T>(rows: readonly T[]): Generator<readonly T[]> {
    for (let at = 0; at === 0 || at < rows.length; at += this.pageSize) yield rows.slice(at, at + this.pageSize);
  }
}

const toAssignment = (one: Assignment): AppRoleAssignment => ({
  id: one.id,
  principalId: id(one.principalId),
  principalType: one.principalType,
  principalDisplayName: one.principalId.slice(-4),
  appRoleId: one.roleId,
});

/** Whether a lie is about this one: about half are. */
const isDrawn = (salt: string | undefined, of: string): boolean => salt !== undefined && hash(`${salt} ${of}`) % 2 === 0;

function attributesOf(object: Person | Team, select: readonly string[], isWhole: boolean): Attributes {
  const known: Record<string, AttributeValue> =
    object.type === 'user'
      ? {
          accountEnabled: object.enabled,
          userPrincipalName: object.upn,
          displayName: object.name,
          mail: object.mail,
          businessPhones: object.phone === null ? [] : [object.phone],
          telephoneNumber: object.phone,
          department: object.department,
        }
      : { displayName: object.name, securityEnabled: object.security, visibility: null, description: object.description };
  const attributes: Record<string, AttributeValue> = { ...known, id: object.id, objectId: object.id };
  if (isWhole) for (const name of select) if (!Object.hasOwn(attributes, name)) attributes[name] = null;
  return attributes;
}
