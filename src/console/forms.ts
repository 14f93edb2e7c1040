import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { StaleStateError } from '../core/errors';
import type { StateStore } from '../ports/state-store';
import type { ActResult } from './model';

/** Keys of the console's documents in the state store. */
const SECRET_KEY = 'console-secret';
const outcomesKey = (personId: string): string => `console-forms-${personId}`;

const HOUR_MS = 3600_000;
/** Hours for which a form may be sent. Beyond that it is shown once more, to be confirmed. */
const FRESH_HOURS = 2;
/** Hours after which nobody confirms a form any more. */
const KNOWN_HOURS = 48;
/** Forms of a person whose outcome is kept. */
const KEPT = 30;
/** An act ends within its call, and Azure cuts a call off after 230 s. */
const CUT_OFF_MS = 240_000;

/** The secret behind the tokens: made once by whoever is first, and the same for every instance. */
export async function consoleSecret(state: StateStore): Promise<Buffer> {
  for (;;) {
    const stored = await state.read<{ readonly secret: string }>(SECRET_KEY);
    if (stored) return Buffer.from(stored.value.secret, 'base64');
    try {
      await state.write(SECRET_KEY, { secret: randomBytes(32).toString('base64') }, null);
    } catch (error) {
      // Another instance was faster; its secret is read next.
      if (!(error instanceof StaleStateError)) throw error;
    }
  }
}

const hourOf = (now: Date): number => Math.floor(now.getTime() / HOUR_MS);

const macOf = (secret: Buffer, personId: string, hour: number, form: string): Buffer =>
  createHmac('sha256', secret).update(`${personId}|${hour}|${form}`).digest();

/** A token for one form, bound to the person and the hour: `<hour>.<form>.<mac>`. */
export function makeToken(secret: Buffer, personId: string, now: Date): string {
  const form = randomBytes(12).toString('base64url');
  return [hourOf(now), form, macOf(secret, personId, hourOf(now), form).toString('base64url')].join('.');
}

/** What a token says. `forged`: it was not made for this person. `old`: it was, but too long ago to act on without asking. */
export type TokenRead = { readonly kind: 'fresh' | 'old'; readonly form: string } | { readonly kind: 'forged' };

/** Reads a token that came with a form. Pure. */
export function readToken(secret: Buffer, personId: string, now: Date, token: string): TokenRead {
  const [, hourText = '', form = '', mac = ''] = /^(\d{1,9})\.([\w-]{16})\.([\w-]{43})$/.exec(token) ?? [];
  const hour = Number(hourText);
  const given = Buffer.from(mac, 'base64url');
  const wanted = macOf(secret, personId, hour, form);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return { kind: 'forged' };
  const age = hourOf(now) - hour;
  if (age < 0 || age > KNOWN_HOURS) return { kind: 'forged' };
  return { kind: age > FRESH_HOURS ? 'old' : 'fresh', form };
}

/** How a form that was sent has ended; `running` while it has not. */
export interface FormOutcome {
  readonly form: string;
  readonly at: string;
  readonly state: 'running' | ActResult['kind'];
  readonly text: string;
  readonly to: string;
}

/** The outcome of a person's form; undefined when it was never sent, or so long ago that it is forgotten. */
export async function readOutcome(state: StateStore, personId: string, form: string): Promise<FormOutcome | undefined> {
  const stored = await state.read<readonly FormOutcome[]>(outcomesKey(personId));
  return stored?.value.find((one) => one.form === form);
}

/**
 * Takes a form up, once, whoever sends it how often: returns the outcome that is there already, `running` while the first one is still
 * being carried out, or undefined to the one who is to carry it out.
 */
export async function takeUp(state: StateStore, personId: string, form: string, now: Date): Promise<FormOutcome | undefined> {
  const mine: FormOutcome = { form, at: now.toISOString(), state: 'running', text: '', to: '' };
  for (;;) {
    const stored = await state.read<readonly FormOutcome[]>(outcomesKey(personId));
    const known = stored?.value.find((one) => one.form === form);
    if (known) return known;
    try {
      await state.write(outcomesKey(personId), [mine, ...(stored?.value ?? [])].slice(0, KEPT), stored?.etag ?? null);
      return undefined;
    } catch (error) {
      if (!(error instanceof StaleStateError)) throw error;
    }
  }
}

/** Keeps how a form has ended. */
export async function settleForm(state: StateStore, personId: string, outcome: FormOutcome): Promise<void> {
  for (;;) {
    const stored = await state.read<readonly FormOutcome[]>(outcomesKey(personId));
    const others = (stored?.value ?? []).filter((one) => one.form !== outcome.form);
    try {
      await state.write(outcomesKey(personId), [outcome, ...others].slice(0, KEPT), stored?.etag ?? null);
      return;
    } catch (error) {
      if (!(error instanceof StaleStateError)) throw error;
    }
  }
}

/** Whether a form that is still `running` must have been cut off. Pure. */
export const wasCutOff = (outcome: FormOutcome, now: Date): boolean =>
  outcome.state === 'running' && now.getTime() - Date.parse(outcome.at) > CUT_OFF_MS;
