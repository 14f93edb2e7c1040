import type { ObjectType, SourceId } from '../../core/model';
import type { SourceChange } from '../../ports/source-connector';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
import { groupAttributes } from './schema-needs';

/** What direct reads of objects say now, as a delta would tell it: nothing of one where the read proves nothing. */
export async function readAgain({ source, schema }: EngineDeps, type: ObjectType, ids: Iterable<SourceId>) {
  const read = async (id: SourceId): Promise<readonly SourceChange[]> => {
    const select = type === 'user' ? schema.users.sourceAttributes : groupAttributes(schema);
    const found = type === 'user' ? await source.readUser(id, select) : await source.readGroup(id, select);
    if (found.kind === 'unknown') return [];
    if (found.kind === 'present') return [{ kind: 'present', type, id, attributes: found.attributes, isComplete: true }];
    return [{ kind: 'removed', type, id, reason: found.kind === 'absent' ? 'hard' : 'soft' }];
  };
  return (await concurrently([...ids], SOURCE_CONCURRENCY, read)).flat();
}
