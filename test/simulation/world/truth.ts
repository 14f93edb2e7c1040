/**
 * What must be, by a person's reckoning: an oracle that shares no code with the app. It reads the simulated Entra and the settings, and
 * says who is to have access, as what, under which name, and why not.
 */
import { blanksOf, type Shown } from '../watch/clear-watch';
import { DEFAULT_ACCESS, type Entra, type Person, type Team } from './entra';

/** The mappings that stories switch between; what each means is told here anew, not read from its file. */
export type Variant = 'shipped' | 'titled' | 'filtered' | 'withoutGroups' | 'keepsGroups';

/** The settings that decide what must be. */
export interface Rules {
  readonly scope: 'AssignedOnly' | 'All';
  readonly groupMembership: 'Direct' | 'Transitive';
  readonly defaultAccess: 'Skip' | 'EndUser';
  readonly deprovisionUsers: 'Suspend' | 'DowngradeAndSuspend' | 'Nothing';
  readonly hardDeletedUsers: 'Suspend' | 'Delete' | 'Nothing';
  readonly variant: Variant;
  /** What work items and requests on demand go by until a cycle has read what the active mappings need; undefined for the same. */
  readonly variantInUse?: Variant;
}

/** `unknown`: the app role names nothing in Zendesk, which is a failure to be seen and never a guess. */
export type RoleName = 'end-user' | 'agent' | 'admin' | 'unknown';

/** How a person stands. `role` null: nothing says which, so it is nobody's business. */
export type Standing =
  | { readonly isIn: true; readonly role: RoleName | null; readonly name: string; readonly email: string }
  | { readonly isIn: false; readonly why: 'hard' | 'soft' | 'disabled' | 'unassigned' | 'noRole' | 'filter' };

const ROLE_OF: Readonly<Record<string, RoleName>> = { user: 'end-user', agent: 'agent', admin: 'admin' };

/** The groups above somebody through which access flows: those that exist, once each, nearest first. */
export function teamsAbove(entra: Entra, rules: Rules, memberId: string): readonly string[] {
  const live = (ids: readonly string[]): readonly string[] => ids.filter((id) => entra.isLive(id));
  const above = [...live(entra.groupsOf(memberId))];
  if (rules.groupMembership === 'Direct') return above;
  for (const team of above) for (const outer of live(entra.groupsOf(team))) if (!above.includes(outer)) above.push(outer);
  return above;
}

/** Who is in a group, by the setting directly or through the groups in it. */
export function peopleIn(entra: Entra, rules: Rules, team: Team): ReadonlySet<string> {
  return new Set([...entra.people.keys()].filter((id) => entra.isLive(id) && teamsAbove(entra, rules, id).includes(team.id)));
}

/** Whether a person's own row stands in nobody's way: what is assigned is told elsewhere. */
const isFit = (rules: Rules, { state, enabled, department }: Person): boolean =>
  // An empty value fails the clause too.
  state === 'live' && enabled && !(rules.variant === 'filtered' && (department ?? 'Contractors') === 'Contractors');

export function standingOf(entra: Entra, rules: Rules, person: Person): Standing {
  if (person.state !== 'live') return { isIn: false, why: person.state };
  if (!person.enabled) return { isIn: false, why: 'disabled' };
  const granting = teamsAbove(entra, rules, person.id).filter((id) => entra.teams.get(id)?.security);
  const own = entra.assignmentsOf(person.id).map((one) => one.roleId);
  const inherited = granting.flatMap((id) => entra.assignmentsOf(id).map((one) => one.roleId));
  const first = firstRole(entra, own) ?? firstRole(entra, inherited);
  const hasDefault = [...own, ...inherited].includes(DEFAULT_ACCESS);
  if (!first && rules.scope === 'AssignedOnly') {
    if (own.length + inherited.length === 0) return { isIn: false, why: 'unassigned' };
    if (!hasDefault || rules.defaultAccess !== 'EndUser') return { isIn: false, why: 'noRole' };
  }
  if (!isFit(rules, person)) return { isIn: false, why: 'filter' };
  const role = first ?? (hasDefault && rules.defaultAccess === 'EndUser' ? 'end-user' : null);
  const name = rules.variant === 'titled' ? `${person.name} (Contoso)` : person.name;
  return { isIn: true, role, name, email: person.mail ?? person.upn };
}

function firstRole(entra: Entra, roleIds: readonly string[]): RoleName | undefined {
  const role = entra.roles.find((one) => one.isEnabled && roleIds.includes(one.id));
  return role && (ROLE_OF[(role.value ?? role.displayName).toLowerCase()] ?? 'unknown');
}

/** Whether a group is to exist in Zendesk. */
export function isTeamIn(entra: Entra, rules: Rules, team: Team): boolean {
  if (rules.variant === 'withoutGroups' || team.state !== 'live' || !team.security) return false;
  const roles = entra.assignmentsOf(team.id).map((one) => one.roleId);
  if (firstRole(entra, roles)) return true;
  return roles.includes(DEFAULT_ACCESS) && rules.defaultAccess === 'EndUser';
}

/** What was the case when, so that a removal can be asked whether it ever had a reason. */
class Past<T> {
  readonly #spans: { readonly fromMs: number; readonly value: T }[] = [];

  note(nowMs: number, value: T): void {
    if (JSON.stringify(this.#spans.at(-1)?.value) !== JSON.stringify(value)) this.#spans.push({ fromMs: nowMs, value });
  }

  /** Whether something was the case at any time since then. */
  wasEver(sinceMs: number, test: (value: T) => boolean): boolean {
    return this.#spans.some(
      ({ value }, at) => (this.#spans[at + 1]?.fromMs ?? Number.POSITIVE_INFINITY) >= sinceMs && test(value),
    );
  }
}

/** Remembers how everybody stood, from one change of the world to the next. */
export class TruthHistory {
  readonly #people = new Map<string, Past<Standing>>();
  /** Whose assignments alone entitled them, and whose own row alone did not speak against it: the two are read one after the other. */
  readonly #entitled = new Map<string, Past<boolean>>();
  readonly #fit = new Map<string, Past<boolean>>();
  /** Whose assignments would have entitled them if Default Access did, and when it did: a setting meets what was read before it was made. */
  readonly #byDefault = new Map<string, Past<boolean>>();
  readonly #defaultCounts = new Past<boolean>();
  /** What of each person had no value. */
  readonly #blanks = new Map<string, Past<readonly Shown[]>>();
  readonly #teams = new Map<string, Past<boolean>>();
  /** Which groups had an assignment, and which were living and security-enabled. */
  readonly #assigned = new Map<string, Past<boolean>>();
  readonly #able = new Map<string, Past<boolean>>();
  readonly #members = new Map<string, Past<readonly string[]>>();

  constructor(
    private readonly entra: Entra,
    private readonly rules: () => Rules,
  ) {}

  /** To be called after each change of Entra or of the settings. */
  note(nowMs: number): void {
    const rules = this.rules();
    this.#defaultCounts.note(nowMs, rules.defaultAccess === 'EndUser');
    for (const person of this.entra.people.values()) {
      pastOf(this.#people, person.id).note(nowMs, standingOf(this.entra, rules, person));
      const fit: Person = { ...person, state: 'live', enabled: true, department: 'Sales' };
      pastOf(this.#entitled, person.id).note(nowMs, standingOf(this.entra, rules, fit).isIn);
      pastOf(this.#byDefault, person.id).note(nowMs, standingOf(this.entra, { ...rules, defaultAccess: 'EndUser' }, fit).isIn);
      const inUse = { ...rules, variant: rules.variantInUse ?? rules.variant };
      pastOf(this.#fit, person.id).note(nowMs, isFit(rules, person) || isFit(inUse, person));
      pastOf(this.#blanks, person.id).note(nowMs, blanksOf(person));
    }
    for (const team of this.entra.teams.values()) {
      pastOf(this.#teams, team.id).note(nowMs, isTeamIn(this.entra, rules, team));
      pastOf(this.#assigned, team.id).note(nowMs, this.entra.assignmentsOf(team.id).length > 0);
      pastOf(this.#able, team.id).note(nowMs, team.state === 'live' && team.security);
      pastOf(this.#members, team.id).note(nowMs, [...peopleIn(this.entra, rules, team)].sort());
    }
  }

  wasPerson(id: string, sinceMs: number, test: (standing: Standing) => boolean): boolean {
    return this.#people.get(id)?.wasEver(sinceMs, test) ?? false;
  }

  /**
   * Whether what was the case at some time, read one after the other, may add up to access: somebody who joins a group that was assigned until
   * just then, who comes into a scoping filter and loses the assignment at once, or who loses Default Access just before a setting lets it count:
   * the setting is in force at once, and what it is asked of was read before. So may the scoping filter of mappings that are in use still, because no
   * cycle could take those into use that have been activated since: then an operator can ask for somebody. What is given so is taken back by the next cycle; to take away, it is
   * no reason.
   */
  mayHaveHadAccess(id: string, sinceMs: number): boolean {
    if (this.wasPerson(id, sinceMs, ({ isIn }) => isIn)) return true;
    const was = (past: Past<boolean> | undefined): boolean => past?.wasEver(sinceMs, (value) => value) ?? false;
    const wasEntitled = was(this.#entitled.get(id)) || (was(this.#byDefault.get(id)) && was(this.#defaultCounts));
    if (wasEntitled && was(this.#fit.get(id))) return true;
    return [...this.#teams].some(
      ([teamId, past]) =>
        (past.wasEver(sinceMs, (isIn) => isIn) || this.mayHaveBeenTeam(teamId, sinceMs)) &&
        this.#members.get(teamId)?.wasEver(sinceMs, (ids) => ids.includes(id)),
    );
  }

  /** The same of a group. */
  mayHaveBeenTeam(id: string, sinceMs: number): boolean {
    const was = (past: Past<boolean> | undefined): boolean => past?.wasEver(sinceMs, (value) => value) ?? false;
    return was(this.#assigned.get(id)) && was(this.#able.get(id));
  }

  /** Whether an attribute of somebody had no value at any time since then. */
  wasBlank(id: string, sinceMs: number, attribute: Shown): boolean {
    return this.#blanks.get(id)?.wasEver(sinceMs, (blanks) => blanks.includes(attribute)) ?? false;
  }

  wasTeam(id: string, sinceMs: number, isIn: boolean): boolean {
    return this.#teams.get(id)?.wasEver(sinceMs, (value) => value === isIn) ?? false;
  }

  /** Whether somebody was in a group at any time. */
  wasInside(teamId: string, personId: string): boolean {
    return this.#members.get(teamId)?.wasEver(0, (ids) => ids.includes(personId)) ?? false;
  }

  wasOutside(teamId: string, personId: string, sinceMs: number): boolean {
    return this.#members.get(teamId)?.wasEver(sinceMs, (ids) => !ids.includes(personId)) ?? true;
  }
}

function pastOf<T>(pasts: Map<string, Past<T>>, id: string): Past<T> {
  const past = pasts.get(id) ?? new Past<T>();
  pasts.set(id, past);
  return past;
}
