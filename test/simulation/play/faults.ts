import {
  LicenseLimitError,
  type ProvisioningError,
  RejectedError,
  StateUnavailableError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
  UnexpectedResponseError,
} from '../../../src/core/errors';
import type { SourceLies } from '../ports/source';
import { type Dice, hash } from './random';

/** The ports that faults tell apart. */
export type Side = 'source' | 'target' | 'store' | 'queue';

/** Lies of the source: the answer is 200 and wrong. */
const LIES = {
  emptyAssignments: 2,
  cutAssignments: 3,
  /** Only where a scene wants it. */
  hidesAssignment: 0,
  unknownReads: 3,
  unknownAll: 2,
  noRoles: 1,
  endlessPages: 0.5,
  nullRows: 2,
  hiddenMembers: 1,
  cutUsers: 2,
  cutMembers: 2,
  duplicates: 1,
} as const;

/** Failures: the answer is an error. */
const FAILURES = {
  sourceThrottled: 2,
  sourceDown: 2,
  sourceRefused: 1,
  targetThrottled: 2,
  targetDown: 2,
  targetAmbiguous: 4,
  targetRefused: 1,
  targetUnexpected: 1,
  oneRefused: 2,
  seatsGone: 1,
  storageDown: 2,
  storageAmbiguous: 3,
} as const;

/** What slows things or tears them: the world outside the answers. */
const TROUBLE = {
  slowCalls: 3,
  searchLag: 2,
  duplicateMessages: 3,
  lateMessages: 4,
} as const;

export const FAULTS = { ...LIES, ...FAILURES, ...TROUBLE } as const;

/** A fault that lasts for some steps of a story. */
export type FaultName = keyof typeof FAULTS;

export const isLie = (name: FaultName): boolean => Object.hasOwn(LIES, name);

/** How often a call meets a fault that is on. */
const SHARE: Partial<Record<FaultName, number>> = {
  sourceThrottled: 0.3,
  sourceDown: 0.3,
  sourceRefused: 0.5,
  targetThrottled: 0.4,
  targetDown: 0.3,
  targetAmbiguous: 0.5,
  targetRefused: 0.5,
  targetUnexpected: 0.2,
  storageDown: 0.6,
  storageAmbiguous: 0.03,
};

/** Single reads and proofs tell a failed read as `unknown` instead of throwing. */
const TELLS_UNKNOWN = new Set(['readUser', 'readGroup', 'readAssignmentsOf', 'proveMembershipGone']);

const isWrite = (method: string): boolean => !/^(?:get|find|list|describe|addressesOf|count)/.test(method);

/** A call that has had its effect. */
export interface Answered {
  readonly port: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly answer: unknown;
}

/** The faults that are on, and what they do to a call. */
export class Faults {
  readonly on = new Map<FaultName, { readonly salt: string; readonly untilStep: number }>();
  readonly met = new Map<string, number>();
  /** What the next calls of a method meet, each once, as long as it has nothing to say. */
  readonly #next = new Map<string, (args: readonly unknown[]) => ProvisioningError | undefined>();

  /** How long the answer to a call takes, once, as long as it has something to say. */
  #stall: ((call: Answered) => number | undefined) | undefined;

  #step = 0;

  constructor(private readonly dice: Dice) {}

  start(name: FaultName, salt: string, untilStep: number): void {
    this.on.set(name, { salt, untilStep });
  }

  /** Begins one outside the steps of faults. */
  lasts(name: FaultName, salt: string, steps: number): void {
    this.start(name, salt, this.#step + steps);
  }

  /** The next call of a method meets this in the place of its effect; what answers nothing waits on. */
  next(method: string, meets: (args: readonly unknown[]) => ProvisioningError | undefined): void {
    this.#next.set(method, meets);
  }

  /** The first call of which this says a time is answered so much later. */
  stall(takesMs: (call: Answered) => number | undefined): void {
    this.#stall = takesMs;
  }

  /** How long an answer that has its turn takes, in milliseconds; 0 for nearly all. */
  stallMs(call: Answered): number {
    const takesMs = this.#stall?.(call) ?? 0;
    if (takesMs > 0) this.#stall = undefined;
    if (takesMs > 0) this.count('once: stall');
    return takesMs;
  }

  /** Ends all, also what was still to come. */
  end(): void {
    this.on.clear();
    this.#next.clear();
    this.#stall = undefined;
  }

  /** Ends what has lasted long enough. */
  endAt(step: number): void {
    this.#step = step;
    for (const [name, { untilStep }] of this.on) if (untilStep <= step) this.on.delete(name);
  }

  isOn(name: FaultName): boolean {
    return this.on.has(name);
  }

  get lies(): SourceLies {
    const lies: Record<string, string> = {};
    for (const [name, { salt }] of this.on) if (isLie(name)) lies[name] = salt;
    return lies;
  }

  count(name: string): void {
    this.met.set(name, (this.met.get(name) ?? 0) + 1);
  }

  /** An error in the place of a call, which then has no effect. */
  before(side: Side, method: string, args: readonly unknown[]): ProvisioningError | 'unknown' | undefined {
    const error = this.#before(side, method, args);
    return error && TELLS_UNKNOWN.has(method) && !(error instanceof UnauthorizedError) ? 'unknown' : error;
  }

  #before(side: Side, method: string, args: readonly unknown[]): ProvisioningError | undefined {
    const met = this.#next.get(method)?.(args);
    if (met) {
      this.#next.delete(method);
      this.count(`once: ${method}`);
      return met;
    }
    if (this.on.size === 0) return undefined;
    if (side === 'source') {
      if (this.#hits('sourceThrottled')) return new ThrottledError('source', this.dice.between(1, 90) * 1000, 'simulated');
      if (this.#hits('sourceDown')) return new UnavailableError('source', 'simulated');
      if (this.#hits('sourceRefused')) return new UnauthorizedError('source', 'simulated');
    }
    if (side === 'target') {
      if (this.#hits('targetThrottled'))
        return new ThrottledError('target', this.dice.between(1, 90) * 1000, 'simulated', { isUnwritten: isWrite(method) });
      if (this.#hits('targetDown')) return new UnavailableError('target', 'simulated');
      if (this.#hits('targetRefused')) return new UnauthorizedError('target', 'simulated', { isUnwritten: isWrite(method) });
      if (this.#hits('targetUnexpected')) return new UnexpectedResponseError('target', 'simulated');
      const one = this.on.get('oneRefused');
      if (one && isWrite(method) && hash(`${one.salt} ${subjectOf(args)}`) % 4 === 0) {
        this.count('oneRefused');
        return new RejectedError(undefined, 'simulated: this one is refused');
      }
      if (this.isOn('seatsGone') && (method === 'createUser' || method === 'updateUser') && this.dice.chance(0.2)) {
        const role = (args.at(-1) as { readonly role?: { readonly role: string } } | undefined)?.role;
        if (role && role.role !== 'end-user') {
          this.count('seatsGone');
          return new LicenseLimitError('simulated: no seat is free');
        }
      }
    }
    if ((side === 'store' || side === 'queue') && this.#hits('storageDown')) return new StateUnavailableError('simulated');
    return undefined;
  }

  /** An error in the place of an answer: the call has had its effect. */
  after(side: Side, method: string): ProvisioningError | undefined {
    if (this.on.size === 0) return undefined;
    if (side === 'target' && isWrite(method) && this.#hits('targetAmbiguous')) {
      return new UnavailableError('target', 'simulated: the answer was lost');
    }
    const isStore = side === 'store' || side === 'queue';
    if (isStore && /^(?:write|put|remove|enqueue|defer|record|mark|clear|reserve|release)/.test(method)) {
      if (this.#hits('storageAmbiguous')) return new StateUnavailableError('simulated: the answer was lost');
    }
    return undefined;
  }

  /** How long a call takes. One of storage is given up after half a minute, so none has its effect later (`src/adapters/storage/connection.ts`). */
  latencyMs(side: Side): number {
    if (this.isOn('slowCalls') && this.dice.chance(0.01)) {
      this.count('slowCalls');
      const slowMs = this.dice.between(10, 400) * 1000;
      return side === 'store' || side === 'queue' ? Math.min(slowMs, 30_000) : slowMs;
    }
    return this.dice.int(40);
  }

  #hits(name: FaultName): boolean {
    if (!this.on.has(name) || !this.dice.chance(SHARE[name] ?? 1)) return false;
    this.count(name);
    return true;
  }
}

function subjectOf(args: readonly unknown[]): string {
  const [first] = args;
  if (typeof first === 'string') return first;
  const { id, externalId, name } = (first ?? {}) as Readonly<Record<string, unknown>>;
  return String(id ?? externalId ?? name ?? '');
}
