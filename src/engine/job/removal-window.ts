import { BRAKE_WINDOW_MS, type RemovalKind } from '../../core/brake';
import { HOUR_MS } from '../../core/time';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import type { EngineDeps } from '../deps';
import { changeDocument } from './job-state';

type Counted = Pick<StagedDeletion, 'key' | 'kind' | 'count'>;

/** Removals that cycles let go by themselves, by the hour in which they did. */
interface RemovalWindow {
  readonly hours: readonly {
    readonly at: string;
    /** By kind: which objects, as far as they are remembered, and how many removals beyond those. */
    readonly kinds: Readonly<Partial<Record<RemovalKind, { readonly objects: readonly string[]; readonly more: number }>>>;
  }[];
}

const KEY = 'removals';

/** How many objects an hour remembers by name: what is beyond the brake's threshold is held anyway. */
const REMEMBERED = 800;

/** A part of a GUID tells the objects of one day apart, and a day of them fits into a row. */
const nameOf = ({ key }: Counted): string => `${key.id.slice(0, 4)}${key.id.slice(-12)}`;

/**
 * How many removals of a kind cycles have let go within the brake's window; an operator's releases are not in it. One object is one removal,
 * however often it is let go: those that are about to be counted again are left out.
 */
export async function recentRemovals(
  deps: Pick<EngineDeps, 'state' | 'clock'>,
  again: readonly Counted[],
): Promise<(kind: RemovalKind) => number> {
  const hours = within((await deps.state.read<RemovalWindow>(KEY))?.value, deps.clock().getTime());
  return (kind) => {
    const counted = new Set(again.filter((one) => one.kind === kind && one.count === 1).map(nameOf));
    const objects = new Set(hours.flatMap(({ kinds }) => kinds[kind]?.objects ?? []).filter((name) => !counted.has(name)));
    return objects.size + hours.reduce((sum, { kinds }) => sum + (kinds[kind]?.more ?? 0), 0);
  };
}

/** Notes removals that are about to be let go. Before they are: what is noted and not done holds sooner, what is not noted never holds. */
export async function noteRemovals(deps: Pick<EngineDeps, 'state' | 'clock'>, removals: readonly Counted[]): Promise<void> {
  if (removals.length === 0) return;
  const nowMs = deps.clock().getTime();
  const at = new Date(Math.floor(nowMs / HOUR_MS) * HOUR_MS).toISOString();
  await changeDocument<RemovalWindow>(deps.state, KEY, (before) => {
    const hours = within(before, nowMs);
    const kinds = { ...hours.find((one) => one.at === at)?.kinds };
    for (const one of removals) {
      const known = kinds[one.kind] ?? { objects: [], more: 0 };
      const isNamed = one.count === 1 && known.objects.length < REMEMBERED;
      kinds[one.kind] = isNamed
        ? { ...known, objects: [...new Set([...known.objects, nameOf(one)])] }
        : { ...known, more: known.more + one.count };
    }
    return { hours: [...hours.filter((one) => one.at !== at), { at, kinds }] };
  });
}

/** The hours that the window still covers. */
const within = (stored: RemovalWindow | undefined, nowMs: number): RemovalWindow['hours'] =>
  (stored?.hours ?? []).filter(({ at }) => Date.parse(at) + HOUR_MS > nowMs - BRAKE_WINDOW_MS);
