import { ProvisioningError } from '../../core/errors';
import { type SourceId, sourceId, type TargetId, targetId } from '../../core/model';
import type { EngineDeps } from '../deps';

/** Who is meant: by the id in Entra ID, or, where that is not known, by the id in Zendesk. `unreadable` is no kind of name. */
export type FoundPerson =
  | { readonly kind: 'source'; readonly id: SourceId }
  | { readonly kind: 'target'; readonly id: TargetId }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' };

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const ZENDESK_ID = /^\d{1,20}$/;
/** An address is at most 254 characters, a UPN 113. @see https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3 */
const MAX_NAME = 320;

/**
 * Finds a person by Entra object id, Zendesk user id, UPN or e-mail. Entra's own word on a name comes first; a name that Entra no
 * longer knows (renamed, purged) is looked up in the log. Asks Graph at most once, and goes on without an answer.
 */
export async function findPerson(deps: Pick<EngineDeps, 'source' | 'links' | 'log'>, name: string): Promise<FoundPerson> {
  const text = name.trim();
  if (GUID.test(text)) return { kind: 'source', id: sourceId(text) };
  if (ZENDESK_ID.test(text)) return findByTarget(deps, targetId(text));
  if (!text.includes('@') || text.length > MAX_NAME) return { kind: 'unreadable' };
  try {
    const read = await deps.source.readUser(text, []);
    if (read.kind === 'present' || read.kind === 'softDeleted') return { kind: 'source', id: read.id };
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
  }
  const [entry] = (await deps.log.query({ name: text }, 1)).entries;
  return entry ? { kind: 'source', id: sourceId(entry.sourceIdentity.id) } : { kind: 'none' };
}

/** By the link; else by the last entry that named the account, because a link goes when an account does. */
async function findByTarget(deps: Pick<EngineDeps, 'links' | 'log'>, id: TargetId): Promise<FoundPerson> {
  const linked = await deps.links.sourceOf('user', id);
  if (linked) return { kind: 'source', id: linked };
  const [entry] = (await deps.log.query({ targetId: id }, 1)).entries;
  return entry ? { kind: 'source', id: sourceId(entry.sourceIdentity.id) } : { kind: 'target', id };
}

/** Finds a group by Entra object id or exact display name; undefined when there is none of that name, or more than one. */
export async function findGroup(deps: Pick<EngineDeps, 'source'>, name: string): Promise<SourceId | undefined> {
  const text = name.trim();
  if (GUID.test(text)) return sourceId(text);
  if (text === '' || text.length > MAX_NAME) return undefined;
  const read = await deps.source.readGroup(text, []);
  return read.kind === 'present' || read.kind === 'softDeleted' ? read.id : undefined;
}
