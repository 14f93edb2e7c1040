import type { Escrow, EscrowStore } from '../../src/ports/escrow-store';
import { type FakeOptions, inPages, Rows, watched } from './fake-kit';

/** Escrows in memory. */
export function makeFakeEscrowStore(options: FakeOptions = {}): EscrowStore {
  const rows = new Rows<Escrow>();
  const store: EscrowStore = {
    read: async (key) => rows.get(`${key.type}.${key.id}`)?.value,
    async put(escrow) {
      rows.write(`${escrow.key.type}.${escrow.key.id}`, escrow, '*');
    },
    remove: async (key) => rows.remove(`${key.type}.${key.id}`),
    async *list() {
      yield* inPages(rows.values(), options);
    },
  };
  return watched('escrowStore', store, options.onCall);
}
