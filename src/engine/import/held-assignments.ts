import type { AppRoleAssignment, PrincipalType, SourceId } from '../../core/model';
import { grown, PackedTexts } from './packed-texts';

const TYPES: readonly PrincipalType[] = ['User', 'Group', 'ServicePrincipal'];
const FIRST = 1 << 8;
const NONE = -1;

/** Of an assignment: it is held; the list of this cycle has shown it. */
const HELD = 1;
const SEEN = 2;

/**
 * Assignments by id and by principal, in about 100 bytes each and outside the heap: an organization may have hundreds of thousands, and a cycle
 * needs all of them at once. The assignments of a principal come in the order in which they were put.
 */
export class HeldAssignments {
  readonly #ids = new PackedTexts();
  readonly #principals = new PackedTexts();
  readonly #names = new PackedTexts();
  readonly #roles: string[] = [];
  readonly #roleNumbers = new Map<string, number>();
  /** By assignment. */
  #principalOf = new Int32Array(FIRST);
  #nameOf = new Int32Array(FIRST);
  #roleOf = new Int32Array(FIRST);
  #nextOf = new Int32Array(FIRST);
  #typeOf = new Uint8Array(FIRST);
  #flags = new Uint8Array(FIRST);
  /** By principal: the first and the last assignment, and the name that was given last. */
  #firstOf = new Int32Array(FIRST);
  #lastOf = new Int32Array(FIRST);
  #lastNameOf = new Int32Array(FIRST);
  #size = 0;
  #seen = 0;

  /** How many are held. */
  get size(): number {
    return this.#size;
  }

  /** Holds an assignment, in place of one with its id. Whether it was seen stays as it was. */
  put(one: AppRoleAssignment): void {
    const number = this.#ids.intern(one.id);
    if (number === this.#flags.length) this.#grow();
    const principal = this.#principal(one.principalId);
    const flags = this.#flags[number] ?? 0;
    const isHeld = (flags & HELD) !== 0;
    if (isHeld && this.#principalOf[number] !== principal) this.#takeFromPrincipal(number);
    if (!isHeld || this.#principalOf[number] !== principal) this.#giveTo(principal, number);
    this.#roleOf[number] = this.#role(one.appRoleId);
    this.#typeOf[number] = TYPES.indexOf(one.principalType);
    this.#nameOf[number] = this.#name(principal, one.principalDisplayName);
    this.#flags[number] = flags | HELD;
    if (!isHeld) this.#size += 1;
  }

  get(id: string): AppRoleAssignment | undefined {
    const number = this.#find(id);
    return number === undefined ? undefined : this.#assignment(number);
  }

  /** Whether an assignment is held for the same principal and with the same role. */
  holds({ id, principalId, appRoleId }: AppRoleAssignment): boolean {
    const number = this.#find(id);
    if (number === undefined || this.#roles[this.#roleOf[number] ?? 0] !== appRoleId) return false;
    return this.#principals.find(principalId) === this.#principalOf[number];
  }

  /** Holds an assignment no longer. */
  remove(id: string): void {
    const number = this.#find(id);
    if (number === undefined) return;
    this.#takeFromPrincipal(number);
    if (((this.#flags[number] ?? 0) & SEEN) !== 0) this.#seen -= 1;
    this.#flags[number] = 0;
    this.#size -= 1;
  }

  /** What a principal is assigned. */
  of(principalId: SourceId): readonly AppRoleAssignment[] {
    const found: AppRoleAssignment[] = [];
    const principal = this.#principals.find(principalId);
    if (principal === undefined) return found;
    for (let at = this.#firstOf[principal] ?? NONE; at !== NONE; at = this.#nextOf[at] ?? NONE) found.push(this.#assignment(at));
    return found;
  }

  /** Whether a principal is assigned anything. @param type that its first assignment has to say, if it matters */
  has(principalId: SourceId, type?: PrincipalType): boolean {
    const principal = this.#principals.find(principalId);
    const first = principal === undefined ? NONE : (this.#firstOf[principal] ?? NONE);
    return first !== NONE && (type === undefined || this.#typeOf[first] === TYPES.indexOf(type));
  }

  /** The principals whose first assignment says that they are of a type. */
  *principals(type: PrincipalType): Generator<SourceId> {
    const wanted = TYPES.indexOf(type);
    for (let principal = 0; principal < this.#principals.size; principal += 1) {
      const first = this.#firstOf[principal] ?? NONE;
      if (first !== NONE && this.#typeOf[first] === wanted) yield this.#principals.get(principal) as SourceId;
    }
  }

  /** Notes that the list has shown an assignment that is held. Returns its number. @throws RangeError where it is not held */
  see(id: string): number {
    const number = this.#find(id);
    if (number === undefined) throw new RangeError('An assignment was seen that is not held.');
    const flags = this.#flags[number] ?? 0;
    if ((flags & SEEN) === 0) this.#seen += 1;
    this.#flags[number] = flags | SEEN;
    return number;
  }

  /** The id of an assignment by the number that {@link see} has returned. */
  idOf(number: number): string {
    return this.#ids.get(number);
  }

  /** None counts as seen any more. */
  seeNone(): void {
    for (let number = 0; number < this.#ids.size; number += 1) this.#flags[number] = (this.#flags[number] ?? 0) & HELD;
    this.#seen = 0;
  }

  /** Whether the list has shown every one that is held. */
  get isAllSeen(): boolean {
    return this.#seen === this.#size;
  }

  /** Those that the list has not shown. */
  *unseen(): Generator<AppRoleAssignment> {
    for (let number = 0; number < this.#ids.size; number += 1) if (this.#flags[number] === HELD) yield this.#assignment(number);
  }

  /** The ids of all that are held. */
  *ids(): Generator<string> {
    for (let number = 0; number < this.#ids.size; number += 1)
      if (((this.#flags[number] ?? 0) & HELD) !== 0) yield this.#ids.get(number);
  }

  #find(id: string): number | undefined {
    const number = this.#ids.find(id);
    return number === undefined || ((this.#flags[number] ?? 0) & HELD) === 0 ? undefined : number;
  }

  #assignment(number: number): AppRoleAssignment {
    return {
      id: this.#ids.get(number),
      principalId: this.#principals.get(this.#principalOf[number] ?? 0) as SourceId,
      principalType: TYPES[this.#typeOf[number] ?? 0] ?? 'User',
      principalDisplayName: this.#names.get(this.#nameOf[number] ?? 0),
      appRoleId: this.#roles[this.#roleOf[number] ?? 0] ?? '',
    };
  }

  #principal(id: SourceId): number {
    const before = this.#principals.size;
    const principal = this.#principals.intern(id);
    if (principal < before) return principal;
    if (principal === this.#firstOf.length) {
      this.#firstOf = grown(this.#firstOf);
      this.#lastOf = grown(this.#lastOf);
      this.#lastNameOf = grown(this.#lastNameOf);
    }
    this.#firstOf[principal] = NONE;
    this.#lastOf[principal] = NONE;
    this.#lastNameOf[principal] = NONE;
    return principal;
  }

  #role(id: string): number {
    const known = this.#roleNumbers.get(id);
    if (known !== undefined) return known;
    this.#roleNumbers.set(id, this.#roles.length);
    return this.#roles.push(id) - 1;
  }

  /** The assignments of a principal nearly always have one name, which is kept once. */
  #name(principal: number, name: string): number {
    const last = this.#lastNameOf[principal] ?? NONE;
    if (last !== NONE && this.#names.get(last) === name) return last;
    const number = this.#names.append(name);
    this.#lastNameOf[principal] = number;
    return number;
  }

  #giveTo(principal: number, number: number): void {
    const last = this.#lastOf[principal] ?? NONE;
    if (last === NONE) this.#firstOf[principal] = number;
    else this.#nextOf[last] = number;
    this.#lastOf[principal] = number;
    this.#nextOf[number] = NONE;
    this.#principalOf[number] = principal;
  }

  #takeFromPrincipal(number: number): void {
    const principal = this.#principalOf[number] ?? 0;
    const next = this.#nextOf[number] ?? NONE;
    let before = NONE;
    for (let at = this.#firstOf[principal] ?? NONE; at !== number; at = this.#nextOf[at] ?? NONE) before = at;
    if (before === NONE) this.#firstOf[principal] = next;
    else this.#nextOf[before] = next;
    if (this.#lastOf[principal] === number) this.#lastOf[principal] = before;
  }

  #grow(): void {
    this.#principalOf = grown(this.#principalOf);
    this.#nameOf = grown(this.#nameOf);
    this.#roleOf = grown(this.#roleOf);
    this.#nextOf = grown(this.#nextOf);
    this.#typeOf = grown(this.#typeOf);
    this.#flags = grown(this.#flags);
  }
}
