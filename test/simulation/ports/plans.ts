import { StaleStateError } from '../../../src/core/errors';
import type { PlanHeader, PlanRow, PlanStore, ShadowSpace } from '../../../src/ports/plan-store';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';
import { copy } from '../../fakes/fake-kit';

const rowKey = ({ outcome, key, drift, code }: PlanRow): string =>
  `${outcome === 'planned' || outcome === 'failed' || drift || code === 'NotRestorable' ? 'a' : 'z'}.${key.type}.${key.id}`;

/** Plans in memory. */
export function makePlans(): PlanStore {
  const headers = new Map<string, { readonly value: PlanHeader; readonly etag: string }>();
  const rows = new Map<string, Map<string, PlanRow>>();
  const schemas = new Map<string, string>();
  let writes = 0;
  const store: PlanStore = {
    read: async (planId) => copy(headers.get(planId)) ?? undefined,
    async write(header, etag) {
      const there = headers.get(header.planId);
      if (etag === null ? there : etag !== '*' && etag !== there?.etag) throw new StaleStateError('the plan has changed');
      writes += 1;
      headers.set(header.planId, { value: copy(header), etag: String(writes) });
      return String(writes);
    },
    list: async () => [...headers.values()].map(({ value }) => copy(value)),
    writeSchema: async (planId, text) => void schemas.set(planId, text),
    readSchema: async (planId) => schemas.get(planId),
    async putRows(planId, added) {
      const mine = rows.get(planId) ?? new Map<string, PlanRow>();
      for (const row of added) mine.set(rowKey(row), copy(row));
      rows.set(planId, mine);
    },
    async rows(planId, which, limit, after) {
      const found = [...(rows.get(planId) ?? new Map<string, PlanRow>())]
        .filter(([key]) => (which === 'all' || key < 'b') && (after === undefined || key > after))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return { rows: page.map(([, row]) => copy(row)), ...(found.length > limit && last && { next: last[0] }) };
    },
    async remove(planId) {
      headers.delete(planId);
      rows.delete(planId);
    },
  };
  return store;
}

/** The space that plans import into; emptied by making it anew. */
export function makeShadow(): ShadowSpace {
  let space = makeFakeConnectorSpace();
  const forward = new Proxy({} as ShadowSpace, {
    get: (_none, name) => (name === 'clear' ? clear : Reflect.get(space, name)),
  });
  async function clear(): Promise<void> {
    space = makeFakeConnectorSpace();
  }
  return forward;
}
