import type { Leaving } from '../../core/leaving';
import type { AppRole, Link, SourceId, SourceObject } from '../../core/model';
import type { ScopeDecision } from '../../core/scope';
import type { ObjectKey } from '../../ports/stored';
import type { EngineReads } from '../deps';
import { STATE_KEYS, type StoredApplication } from '../job/job-state';
import { type Ancestor, type Ancestry, ancestryOf } from './ancestry';
import { type Held, heldNow } from './held';
import { readLeaving } from './leaver';
import { decideScope } from './scope-object';

/** What is due for one object: what the source says of it now, what that decides, and what it is linked to. */
export interface Due {
  readonly object: SourceObject;
  readonly above: readonly Ancestor[];
  readonly decision: ScopeDecision;
  readonly link: Link | null;
  /** Whether an operator holds it: then nothing is due, whatever the decision. */
  readonly held: Held;
  /** What is kept of somebody who left, where it can matter. */
  readonly leaving: Leaving | null;
}

/** What a decision depends on besides the object: read once for a piece of work. */
export interface Rules {
  readonly appRoles: readonly AppRole[];
  readonly ancestry: Ancestry;
}

type DueReads = Pick<EngineReads, 'space' | 'links' | 'leavings' | 'settings' | 'schema' | 'holds'>;
type RuleReads = Pick<EngineReads, 'state' | 'source' | 'space' | 'settings'>;

/** The rules as the last cycle read them; the app roles are read anew where no cycle has run. */
export async function readRules(deps: RuleReads): Promise<Rules> {
  const stored = await deps.state.read<StoredApplication>(STATE_KEYS.application);
  const { appRoles } = stored ? stored.value : await deps.source.readApplication();
  return { appRoles, ancestry: ancestryOf(deps) };
}

/** Whether a whole object is in scope now, with the groups above it. @param direct the groups it is a direct member of, where they are known */
export async function decide(
  deps: Pick<EngineReads, 'settings' | 'schema'>,
  rules: Rules,
  object: SourceObject,
  direct?: readonly SourceId[],
): Promise<Omit<Due, 'link' | 'leaving' | 'held'>> {
  const above = await rules.ancestry.above(object.id, direct);
  return { object, above, decision: decideScope(deps, rules.appRoles, object, above) };
}

/** What is due for an object that has been read. The only place where row, scope, link and hold come together. */
export async function dueFor(deps: DueReads, rules: Rules, object: SourceObject): Promise<Due> {
  const decided = await decide(deps, rules, object);
  const stored = await deps.links.read({ type: object.type, id: object.id });
  const link = stored?.value.link ?? null;
  return {
    ...decided,
    link,
    leaving: await readLeaving(deps, object, decided.decision, link),
    held: await heldNow(deps, object),
  };
}

/** What is due for an object as it was last read; undefined while it has not been. */
export async function readDue(deps: DueReads & RuleReads, key: ObjectKey): Promise<Due | undefined> {
  const object = (await deps.space.readObject(key))?.value;
  return object && dueFor(deps, await readRules(deps), object);
}
