import { StaleStateError } from '../../core/errors';
import type { SourceId } from '../../core/model';
import type { IgnoredItem, SchemaProblem } from '../../core/schema/model';
import { readSchema } from '../../core/schema/read';
import type { SchemaVersion } from '../../ports/schema-store';
import { changeIdFor } from '../change-id';
import type { EngineDeps } from '../deps';
import { digestOf } from '../mappings';
import { type Initiator, initiatorOf } from '../record/log-entry';
import { recordOnce } from '../record/operation-entry';

/** What became of mappings that were to be stored. */
export type StoreAnswer =
  | {
      readonly kind: 'stored';
      readonly version: SchemaVersion;
      readonly ignored: readonly IgnoredItem[];
      /** False where the same text was stored already. */
      readonly isNew: boolean;
    }
  | { readonly kind: 'refused'; readonly problems: readonly SchemaProblem[] };

/** How many can store a version at the same time. */
const TRIES = 16;

/**
 * Stores mappings as a new version, after the checks that a file goes through: a draft, until somebody activates it. Idempotent: the
 * same text is stored once.
 */
export async function storeMappings(deps: EngineDeps, operator: Initiator, text: string, why: string): Promise<StoreAnswer> {
  const read = readSchema(text);
  if (!read.ok) return { kind: 'refused', problems: read.problems };
  const digest = digestOf(text);
  const { store } = deps.mappings;
  for (let tries = 1; ; tries += 1) {
    const versions = await store.list();
    const known = versions.find((one) => one.digest === digest);
    const version: SchemaVersion = known ?? {
      version: (versions.at(-1)?.version ?? 0) + 1,
      hash: read.schema.hash,
      digest,
      length: text.length,
      storedAt: deps.clock().toISOString(),
      storedBy: operator.displayName || operator.id,
      storedById: operator.type === 'user' ? operator.id : '',
      why,
    };
    try {
      if (!known) await store.add(version, text);
    } catch (error) {
      if (!(error instanceof StaleStateError) || tries >= TRIES) throw error;
      continue;
    }
    await recordOnce(deps, initiatorOf(version.storedBy, version.storedById), {
      description: `Version ${version.version} of the mappings was stored as a draft.`,
      details: { version: String(version.version), hash: version.hash, why: version.why },
      changeId: changeIdFor('mappings-stored', { type: 'user', id: `${version.version}` as SourceId }),
    });
    return { kind: 'stored', version, ignored: read.ignored, isNew: !known };
  }
}
