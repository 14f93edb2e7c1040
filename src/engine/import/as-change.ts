import type { ObjectType, SourceId } from '../../core/model';
import type { SourceChange, SourceRead } from '../../ports/source-connector';

/** What a direct read of an object says, as a delta would tell it: nothing where it proves nothing. */
export function asChange(type: ObjectType, id: SourceId, read: SourceRead): readonly SourceChange[] {
  switch (read.kind) {
    case 'unknown':
      return [];
    case 'present':
      return [{ kind: 'present', type, id, attributes: read.attributes, isComplete: true }];
    default:
      return [{ kind: 'removed', type, id, reason: read.kind === 'absent' ? 'hard' : 'soft' }];
  }
}
