import { isGuid } from '../../core/guid';
import type { Attributes, AttributeValue } from '../../core/model';
import { managerSelect, pathOf, valueAt } from './attributes';
import type { GraphHttp, Json } from './http';
import { OPERATIONS } from './operations';

/** Managers kept: each is asked for by all of its reports, which follow one another in an initial round. */
const MAX_CACHED = 1_000;

/** Attributes of a manager's row by the names asked for (`manager.displayName`); all null when there is no manager. */
export function managerAttributes(manager: Json | undefined, asked: readonly string[]): Attributes {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  for (const attribute of asked) {
    const path = pathOf(attribute);
    if (path?.[0] === 'manager') attributes[attribute] = manager === undefined ? null : (valueAt(manager, path.slice(1)) ?? null);
  }
  return attributes;
}

/**
 * Reads managers for delta rows, which tell only a manager's id. What is kept too long would be wrong for ever: a manager's change is told
 * once, and the reports of that time are brought up to date with it (`followManagers` in the engine).
 */
export class Managers {
  private readonly cache = new Map<string, Json | undefined>();
  private round: string | undefined;

  constructor(private readonly http: GraphHttp) {}

  /** The manager's attributes for a user whose manager has this id; null means that there is none. */
  async read(managerId: string | null, asked: readonly string[]): Promise<Attributes> {
    if (managerId === null) return managerAttributes(undefined, asked);
    const select = managerSelect(asked);
    if (select.length <= 1 || !isGuid(managerId)) return managerAttributes({ id: managerId }, asked);
    const key = `${managerId} ${select.join(',')}`;
    if (!this.cache.has(key)) {
      const query = { $select: select.join(',') };
      const manager = await this.http.find(OPERATIONS.manager, `/users/${managerId}`, query);
      const oldest = this.cache.size >= MAX_CACHED ? this.cache.keys().next().value : undefined;
      if (oldest !== undefined) this.cache.delete(oldest);
      this.cache.set(key, manager);
    }
    return managerAttributes(this.cache.get(key) ?? { id: managerId }, asked);
  }

  /** Forgets what was read, unless it is still the same round over everybody: each other page is to see managers as they are now. */
  serve(round: string | undefined): void {
    if (round === undefined || round !== this.round) this.cache.clear();
    this.round = round;
  }
}
