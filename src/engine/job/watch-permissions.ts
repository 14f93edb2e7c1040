import { ProvisioningError } from '../../core/errors';
import type { ObjectType, SourceId } from '../../core/model';
import type { PermissionFinding, SourceChange } from '../../ports/source-connector';
import type { EngineDeps } from '../deps';
import type { JobState } from './job-state';
import { isLookDue, type Looks, noteLook } from './rare-looks';
import { STATUS_KEYS } from './status-keys';

/** What the last cycles saw of the app's permissions; kept for the status. */
export interface MissingPermissions {
  readonly missing: readonly PermissionFinding[];
}

/** Objects of one kind that Entra ID reported without what identifies them, or with their members hidden. */
export interface UnreadObjects {
  readonly objects: readonly { readonly id: SourceId; readonly isHidden: boolean }[];
}

/** How many are kept of each kind: enough to say that it is a matter of a permission and not of a person. */
const KEPT = 500;

/**
 * Looks whether a permission is missing, and keeps what is for the status: now and then, in each cycle while one is missing, and after a
 * cycle that was refused something. What cannot be told now stays as it was last seen. Never stops a cycle: it is the cycle's own reads
 * that decide what continues.
 */
export async function watchPermissions(deps: EngineDeps, job: JobState, looks: Looks): Promise<void> {
  if (!isLookDue(looks, job, 'permissions', deps.clock())) return;
  let found: readonly PermissionFinding[];
  try {
    found = await deps.source.checkPermissions();
  } catch (error) {
    if (error instanceof ProvisioningError) return;
    throw error;
  }
  const before = (await deps.state.read<MissingPermissions>(STATUS_KEYS.permissions))?.value.missing ?? [];
  const missing = found.flatMap((finding) => {
    if (finding.verdict !== 'unknown') return finding.verdict === 'missing' ? [finding] : [];
    return before.filter(({ permission }) => permission === finding.permission);
  });
  await noteLook(deps, 'permissions', missing.length === 0 && found.every(({ verdict }) => verdict !== 'unknown'));
  if (JSON.stringify(missing) === JSON.stringify(before)) return;
  deps.logger.warn('The permissions that the app lacks have changed', {
    missing: missing.map(({ permission }) => permission).join(', ') || 'none',
  });
  await deps.state.write(STATUS_KEYS.permissions, { missing } satisfies MissingPermissions, '*');
}

/** Which objects of a kind could not be read, while a cycle reads its pages. */
export interface Unread {
  /** Notes the rows of a page: those to be believed are read now, the others are not. */
  note(changes: readonly SourceChange[]): Promise<void>;
  /** Forgets those that do not matter any more. */
  keepOnly(ids: ReadonlySet<SourceId>): Promise<void>;
}

/** @param isFresh true when everything is read from the start, so that what was kept is of the past */
export async function openUnread(deps: EngineDeps, type: ObjectType, isFresh: boolean): Promise<Unread> {
  const key = STATUS_KEYS.unread[type];
  const unread = new Map<SourceId, UnreadObjects['objects'][number]>();
  let kept: string | undefined;
  if (isFresh) await load();

  async function load(): Promise<void> {
    if (kept !== undefined) return;
    const stored = (await deps.state.read<UnreadObjects>(key))?.value.objects ?? [];
    kept = JSON.stringify(stored);
    if (!isFresh) for (const object of stored) unread.set(object.id, object);
  }

  async function save(): Promise<void> {
    const objects = [...unread.values()].slice(0, KEPT);
    const text = JSON.stringify(objects);
    if (text === kept) return;
    await deps.state.write(key, { objects } satisfies UnreadObjects, '*');
    kept = text;
  }
  return {
    async note(changes) {
      if (changes.length === 0 && !isFresh) return;
      await load();
      for (const change of changes) {
        if (change.kind === 'removed' || change.isComplete) unread.delete(change.id);
        else unread.set(change.id, { id: change.id, isHidden: hidesMembers(change) });
      }
      await save();
    },
    async keepOnly(ids) {
      await load();
      for (const id of unread.keys()) if (!ids.has(id)) unread.delete(id);
      await save();
    },
  };
}

/** A group that has a name, and is not complete all the same, is told in full but for its members. */
export const hidesMembers = ({ type, attributes }: Extract<SourceChange, { kind: 'present' }>): boolean =>
  type === 'group' && typeof attributes.displayName === 'string';

/** What the status reports about permissions: the missing ones, and how many objects came without what identifies them. */
export interface PermissionsStatus {
  readonly missing: readonly PermissionFinding[];
  /** Objects, at most 500 of each kind. */
  readonly unread: { readonly users: number; readonly groups: number; readonly hiddenGroups: number };
}

/** Reads what the cycles have seen. */
export async function readPermissions({ state }: EngineDeps): Promise<PermissionsStatus> {
  const [missing, users, groups] = await Promise.all([
    state.read<MissingPermissions>(STATUS_KEYS.permissions),
    state.read<UnreadObjects>(STATUS_KEYS.unread.user),
    state.read<UnreadObjects>(STATUS_KEYS.unread.group),
  ]);
  const hiddenGroups = groups?.value.objects.filter((group) => group.isHidden).length ?? 0;
  return {
    missing: missing?.value.missing ?? [],
    unread: { users: users?.value.objects.length ?? 0, groups: (groups?.value.objects.length ?? 0) - hiddenGroups, hiddenGroups },
  };
}
