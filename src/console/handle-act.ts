import type { HttpResponseInit } from '@azure/functions';
import type { App } from '../compose';
import { withAdvice } from '../core/advice';
import { ProvisioningError, StaleStateError } from '../core/errors';
import { type Handler, RequestProblem } from '../functions/http';
import { allows } from '../functions/principal';
import { redirectTo } from './answer';
import { askForApproval } from './approvals';
import { consoleSecret, makeToken, readToken, settleForm, takeUp, wasCutOff } from './forms';
import { askOf, consoleHandler, personOf, refuse, resultAddress, usableFor } from './handle';
import type { ActResult, Ask } from './model';
import * as refusals from './refusals';
import { find, PAGES } from './registry';
import { fieldsOf, isFromHere, placeOf, readForm } from './request';

/**
 * `POST /api/console/…`: carries a form out, once, and leads to the page that shows the result. Refused, in this order: nobody signed in,
 * no role, not from a page of this app, an unknown act, a role that is not enough, a token that is not this person's, fields that do not fit.
 */
export const makeConsoleAct = (getApp: () => App): Handler =>
  consoleHandler(getApp, async (arrived) => {
    const { request, app, sight, now } = arrived;
    const { path, here } = placeOf(request);
    const sent = await readForm(request);
    if (sight.kind === 'nobody') return refuse(arrived, refusals.signedOut(here, sent));
    const person = personOf(arrived);
    if ('refusal' in person) return person.refusal;
    const { principal } = person;
    if (!isFromHere(request)) return refuse(arrived, refusals.forged(here));
    const found = find(PAGES, path);
    const usable = usableFor(app, found?.item);
    if (!usable)
      return refuse(
        arrived,
        app.kind === 'notConfigured' ? refusals.notConfigured(app.error.issues, app.warnings) : refusals.notFound(),
      );
    const name = lastOf(sent, 'act');
    const acts = found?.item.acts ?? {};
    const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
    if (!found || !act) return refuse(arrived, refusals.badForm(here, ['This page has no such form any more.']));
    if (!allows(principal.role, act.role)) return refuse(arrived, refusals.noRole(principal, act.role));
    const { state } = usable.deps;
    const secret = await consoleSecret(state);
    const token = readToken(secret, principal.id, now, lastOf(sent, 'token'));
    if (token.kind === 'forged') return refuse(arrived, refusals.forged(here));
    const fields = act.fields.safeParse(fieldsOf(sent));
    if (!fields.success) {
      const problems = fields.error.issues.map((issue) => `${issue.path.join('.') || 'form'}: ${issue.message}`);
      return refuse(arrived, refusals.badForm(here, problems));
    }
    if (token.kind === 'old') {
      const what = act.summary?.(fields.data) ?? name;
      return refuse(arrived, refusals.tooOld(here, sent, makeToken(secret, principal.id, now), what));
    }
    const before = await takeUp(state, principal.id, token.form, now);
    if (before?.state === 'running') return refuse(arrived, refusals.stillRunning(here, wasCutOff(before, now)));
    if (before) return redirectTo(resultAddress(before.to, token.form));
    const ask = await askOf(usable, principal, found.params, here, new URLSearchParams());
    const takesTwo = usable.config.console.twoPersonApproval === 'On' && (await act.takesTwo?.(fields.data, ask));
    return carryOut(ask, token.form, () =>
      takesTwo
        ? askForApproval(ask, { act: name, fields: fieldsOf(sent), summary: act.summary?.(fields.data) ?? name })
        : act.run(ask, fields.data),
    );
  });

const lastOf = (sent: refusals.Sent, name: string): string => sent.findLast(([one]) => one === name)?.[1] ?? '';

async function carryOut(ask: Ask, form: string, run: () => Promise<ActResult>): Promise<HttpResponseInit> {
  const { state } = ask.app.deps;
  const settle = ({ kind, text, to = ask.here }: ActResult): Promise<void> =>
    settleForm(state, ask.principal.id, { form, at: ask.now.toISOString(), state: kind, text, to });
  try {
    const result = await resultOf(run);
    await settle(result);
    return redirectTo(resultAddress(result.to ?? ask.here, form));
  } catch (error) {
    await settle({ kind: 'refused', text: 'The app failed in a way that it did not expect. Look at how things stand now.' });
    throw error;
  }
}

/** What a use case refuses, or a side that cannot be reached, is a result that is shown, like any other. */
async function resultOf(run: () => Promise<ActResult>): Promise<ActResult> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RequestProblem) return { kind: 'refused', text: error.detail };
    if (error instanceof StaleStateError)
      return {
        kind: 'refused',
        text: 'Somebody else has acted at the same moment, so this form did nothing. Below is how things are now.',
      };
    if (error instanceof ProvisioningError) return { kind: 'refused', text: `${error.code}: ${withAdvice(error)}` };
    throw error;
  }
}
