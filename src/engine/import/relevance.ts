import { createHash } from 'node:crypto';
import type { Attributes, SourceId } from '../../core/model';
import type { SourceChange } from '../../ports/source-connector';
import { usersBelowAny } from '../decide/ancestry';
import type { CycleContext } from './cycle-context';
import { grown, PackedTexts } from './packed-texts';

/** Which users matter in a full round, and what is stored of them. */
export interface Relevance {
  matters(id: SourceId): boolean;
  isStored(id: SourceId): boolean;
  /** Whether a row says what is told: then it need not be read once more to be found the same. */
  isUnchanged(change: SourceChange): boolean;
  /** Notes users who have a row from now on. */
  noteStored(ids: readonly SourceId[]): void;
}

/** The mark of a user whose row has to be looked at: deleted, or written since. */
const UNKNOWN = Number.NaN;

/**
 * Reads whom a full round is about. Nearly every user of the tenant goes by in it, so whether one matters, and whether anything is new, is asked
 * of memory and not of a table: 52 bits a user stand for what is stored.
 */
export async function relevantInFullRound({ deps, assignments }: CycleContext): Promise<Relevance> {
  const stored = new Marks();
  for await (const page of deps.space.listObjects('user')) {
    for (const { id, attributes, deleted } of page) stored.set(id, deleted === 'no' ? markOf(attributes) : UNKNOWN);
  }
  const isEverybody = deps.settings.scope === 'All';
  const entitled = isEverybody ? new PackedTexts() : await usersOfGroups({ deps, assignments });
  return {
    matters: (id) => isEverybody || stored.has(id) || assignments.has(id, 'User') || entitled.find(id) !== undefined,
    isStored: (id) => stored.has(id),
    isUnchanged: (change) =>
      change.kind === 'present' && change.isComplete && stored.get(change.id) === markOf(change.attributes),
    noteStored: (ids) => {
      for (const id of ids) stored.set(id, UNKNOWN);
    },
  };
}

/** A number for each of many ids, outside the heap. */
class Marks {
  readonly #ids = new PackedTexts();
  #marks = new Float64Array(1 << 8);

  has(id: SourceId): boolean {
    return this.#ids.find(id) !== undefined;
  }

  get(id: SourceId): number | undefined {
    const number = this.#ids.find(id);
    return number === undefined ? undefined : this.#marks[number];
  }

  set(id: SourceId, mark: number): void {
    const number = this.#ids.intern(id);
    if (number === this.#marks.length) this.#marks = grown(this.#marks);
    this.#marks[number] = mark;
  }
}

async function usersOfGroups({ deps, assignments }: Pick<CycleContext, 'deps' | 'assignments'>): Promise<PackedTexts> {
  const ids = new PackedTexts();
  const groups = [...assignments.principals('Group')];
  for await (const users of usersBelowAny(deps.space, deps.settings.groupMembership, groups)) {
    for (const id of users) ids.intern(id);
  }
  return ids;
}

function markOf(attributes: Attributes): number {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return Number.parseInt(createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 13), 16);
}
