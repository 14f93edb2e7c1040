import type { SourceId } from '../core/model';
import type { SourceConnector } from '../ports/source-connector';
import type { ObjectKey } from '../ports/stored';

/** Every group that an object is directly in, as Entra ID has it now. @throws any failure of a read; NotFoundError where the object is not there */
export async function directGroupsOf(
  source: Pick<SourceConnector, 'listGroupsOf'>,
  { type, id }: ObjectKey,
): Promise<readonly SourceId[]> {
  const found: SourceId[] = [];
  for await (const page of source.listGroupsOf(type, id)) found.push(...page);
  return found;
}
