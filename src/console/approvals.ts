import { StaleStateError } from '../core/errors';
import { recordOperation } from '../engine/record/operation-entry';
import type { StateStore } from '../ports/state-store';
import { type ActResult, type Ask, addressOf } from './model';

const KEY = 'console-approvals';
/** Nobody decides about what things were like days ago. */
const KEPT_MS = 24 * 3600_000;
const KEPT = 50;

/** An act that one person has asked for and that another has to approve. */
export interface Approval {
  readonly id: string;
  readonly askedAt: string;
  readonly askedBy: { readonly id: string; readonly name: string };
  /** Where the page of the act is. */
  readonly here: string;
  readonly act: string;
  readonly fields: Readonly<Record<string, string | string[]>>;
  /** What is asked for, in words. */
  readonly summary: string;
}

/** What waits for a second person, newest first. */
export async function readApprovals(state: Pick<StateStore, 'read'>, now: Date): Promise<readonly Approval[]> {
  const stored = await state.read<readonly Approval[]>(KEY);
  return (stored?.value ?? []).filter(({ askedAt }) => now.getTime() - Date.parse(askedAt) < KEPT_MS);
}

/** Keeps an act until another person approves it. */
export async function askForApproval(
  ask: Ask,
  { act, fields, summary }: Pick<Approval, 'act' | 'fields' | 'summary'>,
): Promise<ActResult> {
  const { deps } = ask.app;
  const { id: personId, name } = ask.principal;
  const approval: Approval = {
    id: deps.newId(),
    askedAt: ask.now.toISOString(),
    askedBy: { id: personId, name },
    here: ask.here,
    act,
    fields,
    summary,
  };
  await change(deps.state, ask.now, (all) => [approval, ...all].slice(0, KEPT));
  await recordOperation(deps, ask.operator, { description: `Asked for approval: ${summary}.` });
  return {
    kind: 'done',
    text: `Nothing has been done yet: another person with the role Provisioning.Approve has to approve it within 24 hours (${summary}).`,
    to: addressOf('approvals'),
  };
}

/** Takes an act that waits, so that nobody else can; undefined when it waits no more. */
export async function takeApproval(state: StateStore, now: Date, id: string): Promise<Approval | undefined> {
  let taken: Approval | undefined;
  await change(state, now, (all) => {
    taken = all.find((one) => one.id === id);
    return all.filter((one) => one.id !== id);
  });
  return taken;
}

async function change(state: StateStore, now: Date, next: (all: readonly Approval[]) => readonly Approval[]): Promise<void> {
  for (;;) {
    const stored = await state.read<readonly Approval[]>(KEY);
    const fresh = (stored?.value ?? []).filter(({ askedAt }) => now.getTime() - Date.parse(askedAt) < KEPT_MS);
    try {
      await state.write(KEY, next(fresh), stored?.etag ?? null);
      return;
    } catch (error) {
      if (!(error instanceof StaleStateError)) throw error;
    }
  }
}
