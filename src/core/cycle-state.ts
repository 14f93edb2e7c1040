import { type LoopWatch, NOT_FOLLOWED } from './endless';
import type { ObjectType, SourceId } from './model';

/** What is settled when a cycle begins, and the counts that only grow. */
export interface CycleFacts {
  /** Version of this document. */
  readonly format: 2;
  readonly cycleId: string;
  readonly kind: 'initial' | 'incremental';
  /** The mappings and scope settings that the cycle began under; others that came into force since make the next one initial. */
  readonly rulesHash?: string;
  /** The version of the mappings that it keeps to the end; absent where nobody has ever chosen one: the file. */
  readonly mappings?: number;
  readonly why: string;
  readonly startedAt: string;
  readonly groupSelect: string;
  /** Names the rows of followed groups that this cycle works on; its own id where it reads all of them in full. */
  readonly groupGeneration: string;
  readonly userSelect: string;
  /** True when the cycle began with the intent to read every user. */
  readonly usersFull: boolean;
  /** Changed objects that the source reported. */
  readonly imported: number;
  /** Objects scoped: each ends in exactly one log entry. */
  readonly evaluated: number;
  /** Objects held by the brake. */
  readonly staged: number;
  /** Things that could not be read and so changed nothing. */
  readonly unknowns: number;
  /** True once the list of assignments was caught lying, or had no end: then nobody loses anything for want of an assignment in this cycle. */
  readonly isListDoubted?: true;
  /** The full round of users that did not show some whom nobody could read directly either: they are looked at again until they can be. */
  readonly usersUnsettled?: string;
}

/** An object by type and id; objects that wait are scoped in the order of these. */
export interface ScopedKey {
  readonly type: ObjectType;
  readonly id: SourceId;
}

/** Where a cycle is. Links are opaque: where reading continues. */
export type CyclePhase =
  | {
      readonly phase: 'assignments';
      readonly step: 'listing';
      /** The page to read next; null at the start. */
      readonly next: string | null;
      readonly watch: LoopWatch;
      /** How many parts of the ids seen so far are kept. */
      readonly seenParts: number;
    }
  | {
      readonly phase: 'assignments';
      readonly step: 'proving';
      readonly seenParts: number;
      /** How many parts of what direct reads have said are kept. */
      readonly proofParts: number;
      /** False for a list that had no end: it proves nothing about what it lacks. */
      readonly isListWhole: boolean;
    }
  | { readonly phase: 'groups' }
  | {
      readonly phase: 'users';
      readonly step: 'reading';
      /** The page to read next; null at the start of the round. */
      readonly next: string | null;
      readonly isFull: boolean;
      readonly watch: LoopWatch;
      /** Names a full round that has begun, so that those it showed can be told from those of an attempt before it. */
      readonly round?: string;
    }
  | { readonly phase: 'users'; readonly step: 'settling'; readonly usersWatermark: string; readonly round?: string }
  | {
      readonly phase: 'scoping';
      /** Where the users' delta starts next; null when it was not read to its end. */
      readonly usersWatermark: string | null;
      /** The last object taken from those that wait. */
      readonly scopedAfter: ScopedKey | null;
    }
  | { readonly phase: 'brake' | 'finish'; readonly usersWatermark: string | null; readonly scopedAfter: ScopedKey | null };

/**
 * A cycle, as it is kept between two calls:
 *
 *   assignments ────────────────────────▶ groups ──▶ users ────────────────────────▶ scoping ──▶ brake ──▶ finish
 *   listing ⟲ page ─ lacks some ▸ proving   ⟲ page    reading ⟲ page ─ full ▸ settling  ⟲ page
 *     │ ▲ link expired: from the start                  │ ▲ watermark expired: full, from the start
 *     └─┘ endless: proving, which believes nothing      └─┘ endless: scoping, without a watermark
 *
 * Each state has the fields that it needs and no others; {@link next} is the only way from one to the next.
 */
export type CycleState = CycleFacts & CyclePhase;

/** What happened, as the engine tells it. */
export type CycleEvent =
  /** Pages of assignments were merged, and the ids seen are kept in so many parts. `next` null: the list has ended, and lacks some. */
  | { readonly kind: 'assignmentsPage'; readonly next: string | null; readonly watch: LoopWatch; readonly seenParts: number }
  /** The last page was merged, and the list lacks nothing that was known. */
  | { readonly kind: 'assignmentsComplete' }
  /** The link of the list is no longer known: it is read from the start. */
  | { readonly kind: 'assignmentsAnew' }
  /** The list has no end. */
  | { readonly kind: 'assignmentsEndless'; readonly seenParts: number }
  | { readonly kind: 'assignmentsProved'; readonly proofParts: number }
  | { readonly kind: 'assignmentsSettled'; readonly unknowns: number; readonly isBelieved: boolean }
  | { readonly kind: 'groupsPage'; readonly imported: number; readonly unknowns: number }
  | { readonly kind: 'groupsRead' }
  | {
      readonly kind: 'usersPage';
      readonly imported: number;
      readonly watch: LoopWatch;
      /** Of a full round. */
      readonly round?: string;
      readonly to: { readonly next: string } | { readonly watermark: string };
    }
  | { readonly kind: 'usersExpired' }
  | { readonly kind: 'usersEndless' }
  | { readonly kind: 'usersSettled'; readonly unknowns: number }
  | { readonly kind: 'scoped'; readonly last: ScopedKey; readonly count: number }
  | { readonly kind: 'allScoped' }
  | { readonly kind: 'braked'; readonly staged: number }
  | { readonly kind: 'finishing' };

/** A cycle that begins, from its facts. */
export const beginCycle = (facts: CycleFacts): CycleState => ({ ...facts, ...LISTING });

const LISTING = { phase: 'assignments', step: 'listing', next: null, watch: NOT_FOLLOWED, seenParts: 0 } as const;

/** Stands for no rules: a part of the cycle went by some, a part by others. */
const MIXED_RULES = 'mixed';

/**
 * A cycle that is taken up under the rules that are in force now. Where it began under others, what it has read may be older than they are: an
 * assignment from before an app role was disabled and its people moved to another, a department from before a scoping filter. The next cycle looks
 * at everybody, also where the first rules are in force again by then: what was given by those in between would stay.
 */
export const underRules = (cycle: CycleState, rules: string): CycleState =>
  cycle.rulesHash === undefined || cycle.rulesHash === rules ? cycle : { ...cycle, rulesHash: MIXED_RULES };

/** Whether rules have changed since a cycle began: then nobody loses anything by them in it. */
export const hasMixedRules = ({ rulesHash }: CycleFacts): boolean => rulesHash === MIXED_RULES;

/** The state after an event. Pure. @throws Error when the event cannot happen in that state: a fault of the engine */
export function next(state: CycleState, event: CycleEvent): CycleState {
  switch (state.phase) {
    case 'assignments':
      return state.step === 'listing' ? listing(state, event) : proving(state, event);
    case 'groups':
      if (event.kind === 'groupsPage') return counted(state, { phase: 'groups' }, event);
      if (event.kind === 'groupsRead')
        return to(state, { phase: 'users', step: 'reading', next: null, isFull: state.usersFull, watch: NOT_FOLLOWED });
      break;
    case 'users':
      return state.step === 'reading' ? reading(state, event) : settling(state, event);
    case 'scoping': {
      const { usersWatermark, scopedAfter } = state;
      if (event.kind === 'scoped') return { ...state, scopedAfter: event.last, evaluated: state.evaluated + event.count };
      if (event.kind === 'allScoped') return to(state, { phase: 'brake', usersWatermark, scopedAfter });
      break;
    }
    case 'brake':
      if (event.kind === 'braked') return { ...state, staged: event.staged };
      if (event.kind === 'finishing') return { ...state, phase: 'finish' };
      break;
    case 'finish':
      if (event.kind === 'finishing') return state;
      // Taken up again after a break-off, the brake is asked once more.
      if (event.kind === 'braked') return { ...state, staged: event.staged };
      break;
  }
  return impossible(state, event);
}

type In<P extends CyclePhase['phase'], S extends string> = Extract<CycleState, { phase: P; step: S }>;

function listing(state: In<'assignments', 'listing'>, event: CycleEvent): CycleState {
  switch (event.kind) {
    case 'assignmentsPage': {
      const { seenParts, watch } = event;
      if (event.next !== null) return to(state, { ...LISTING, next: event.next, watch, seenParts });
      return to(state, { phase: 'assignments', step: 'proving', seenParts, proofParts: 0, isListWhole: true });
    }
    case 'assignmentsComplete':
      return to(state, { phase: 'groups' });
    case 'assignmentsAnew':
      return to(state, LISTING);
    case 'assignmentsEndless':
      return to(state, {
        phase: 'assignments',
        step: 'proving',
        seenParts: event.seenParts,
        proofParts: 0,
        isListWhole: false,
      });
    default:
      return impossible(state, event);
  }
}

function proving(state: In<'assignments', 'proving'>, event: CycleEvent): CycleState {
  if (event.kind === 'assignmentsProved') return { ...state, proofParts: event.proofParts };
  if (event.kind === 'assignmentsSettled') {
    const settled = counted(state, { phase: 'groups' }, event);
    return event.isBelieved ? settled : { ...settled, isListDoubted: true };
  }
  return impossible(state, event);
}

function reading(state: In<'users', 'reading'>, event: CycleEvent): CycleState {
  switch (event.kind) {
    case 'usersPage': {
      const round = event.round !== undefined && { round: event.round };
      if ('next' in event.to) {
        const { isFull } = state;
        const { watch, to: page } = event;
        return counted(state, { phase: 'users', step: 'reading', next: page.next, isFull, watch, ...round }, event);
      }
      const usersWatermark = event.to.watermark;
      return state.isFull
        ? counted(state, { phase: 'users', step: 'settling', usersWatermark, ...round }, event)
        : counted(state, { phase: 'scoping', usersWatermark, scopedAfter: null }, event);
    }
    case 'usersExpired':
      return to(state, { phase: 'users', step: 'reading', next: null, isFull: true, watch: NOT_FOLLOWED });
    case 'usersEndless':
      return counted(state, { phase: 'scoping', usersWatermark: null, scopedAfter: null }, { unknowns: 1 });
    case 'usersSettled': {
      // Those whom an earlier round did not show were looked at again.
      const { next: page, isFull, watch } = state;
      const phase = { phase: 'users', step: 'reading', next: page, isFull, watch } as const;
      return counted(event.unknowns > 0 ? state : withoutUnsettled(state), phase, event);
    }
    default:
      return impossible(state, event);
  }
}

function settling(state: In<'users', 'settling'>, event: CycleEvent): CycleState {
  if (event.kind !== 'usersSettled') return impossible(state, event);
  const settled = event.unknowns > 0 ? { ...state, usersUnsettled: state.round ?? state.cycleId } : withoutUnsettled(state);
  return counted(settled, { phase: 'scoping', usersWatermark: state.usersWatermark, scopedAfter: null }, event);
}

function withoutUnsettled(state: CycleState): CycleState {
  const { usersUnsettled: _settled, ...rest } = state;
  return rest;
}

/** The facts of a cycle, without what belongs to its phase. */
export function factsOf(state: CycleState): CycleFacts {
  const { format, cycleId, kind, rulesHash, why, startedAt, groupSelect, groupGeneration, userSelect, usersFull } = state;
  const { mappings, imported, evaluated, staged, unknowns, isListDoubted, usersUnsettled } = state;
  const settled = { format, cycleId, kind, why, startedAt, groupSelect, groupGeneration, userSelect, usersFull };
  return {
    ...settled,
    ...(rulesHash !== undefined && { rulesHash }),
    ...(mappings !== undefined && { mappings }),
    imported,
    evaluated,
    staged,
    unknowns,
    ...(isListDoubted && { isListDoubted }),
    ...(usersUnsettled !== undefined && { usersUnsettled }),
  };
}

const to = (state: CycleState, phase: CyclePhase): CycleState => ({ ...factsOf(state), ...phase });

const counted = (
  state: CycleState,
  phase: CyclePhase,
  { imported = 0, unknowns = 0 }: { readonly imported?: number; readonly unknowns?: number },
): CycleState => to({ ...state, imported: state.imported + imported, unknowns: state.unknowns + unknowns }, phase);

function impossible(state: CycleState, event: CycleEvent): never {
  throw new Error(`A cycle in phase ${state.phase} cannot have the event ${event.kind}.`);
}
