import { type SourceId, sourceId, targetId } from '../../core/model';
import type { ProvisioningLogEntry } from '../../core/record';
import type { Escrow } from '../../ports/stores';
import type { EngineDeps } from '../deps';

/** What the app knows of a person or group that somebody asks about. */
export interface PersonStatus {
  /** As it was asked, trimmed. */
  readonly asked: string;
  /** Failures that wait, of every object that the answer names. */
  readonly escrows: readonly Escrow[];
  /** The last log entries, newest first. */
  readonly entries: readonly ProvisioningLogEntry[];
}

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const TARGET_ID = /^\d{1,20}$/;

/** A longer text is no name. An address is at most 254 characters. @see https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3 */
const MAX_ASKED = 320;
const ENTRIES = 10;
/** A name may stand for several people; more than this are not looked into. */
const OBJECTS = 5;

/** Looks a person or group up by Entra object id, Zendesk id, or the whole name, UPN or e-mail. Storage only; nobody else is asked. */
export async function readPerson(deps: Pick<EngineDeps, 'log' | 'links' | 'escrows'>, text: string): Promise<PersonStatus> {
  const asked = text.trim().slice(0, MAX_ASKED);
  if (asked === '') return { asked, escrows: [], entries: [] };
  const linked = TARGET_ID.test(asked) ? await linkedTo(deps, asked) : undefined;
  const id = GUID.test(asked) ? sourceId(asked) : linked;
  const query = id ? { sourceId: id } : TARGET_ID.test(asked) ? { targetId: asked } : { name: asked };
  const { entries } = await deps.log.query(query, ENTRIES);
  const ids = new Set<SourceId>([...(id ? [id] : []), ...entries.map((entry) => sourceId(entry.sourceIdentity.id))]);
  const keys = [...ids].slice(0, OBJECTS).flatMap((one) => [
    { type: 'user' as const, id: one },
    { type: 'group' as const, id: one },
  ]);
  const escrows = await Promise.all(keys.map((key) => deps.escrows.read(key)));
  return { asked, escrows: escrows.filter((escrow) => escrow !== undefined), entries };
}

const linkedTo = async (deps: Pick<EngineDeps, 'links'>, id: string): Promise<SourceId | undefined> =>
  (await deps.links.sourceOf('user', targetId(id))) ?? (await deps.links.sourceOf('group', targetId(id)));
