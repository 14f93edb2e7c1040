import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { App, ConfiguredApp } from '../compose';
import { withAdvice } from '../core/advice';
import { ProvisioningError } from '../core/errors';
import { type Handler, http, statusOf } from '../functions/http';
import { initiatorOf } from '../functions/operator';
import { allows, type Principal, type Role, type Sight, whoAsks } from '../functions/principal';
import { htmlResponse, redirectTo } from './answer';
import { Notice } from './components/parts';
import { Foreign, readable } from './components/text';
import { consoleSecret, type FormOutcome, makeToken, readOutcome } from './forms';
import { Layout } from './layout';
import { type Ask, addressOf, type ConsolePage, type View } from './model';
import * as refusals from './refusals';
import { DOWNLOADS, type Found, find, NAVIGATION, PAGES } from './registry';
import { MAX_FORM_BYTES, placeOf } from './request';

/** What is known of a request before a page is asked. */
export interface Arrived {
  readonly request: HttpRequest;
  readonly app: App;
  readonly sight: Sight;
  readonly now: Date;
}

/** A request of the console: whoever fails in it reads a page, not a problem in JSON. */
export const consoleHandler =
  (getApp: () => App, run: (arrived: Arrived) => Promise<HttpResponseInit>): Handler =>
  (request, context) =>
    http(
      async () => {
        const app = getApp();
        const signIn = app.kind === 'configured' ? app.config.signIn : app.signIn;
        const now = app.kind === 'configured' ? app.deps.clock() : new Date();
        const arrived = { request, app, sight: whoAsks(signIn, request.headers), now };
        if (app.kind === 'notConfigured' && signIn === undefined) return refuse(arrived, refusals.notConfiguredToNobody());
        return run(arrived);
      },
      ({ status, code, detail }, requestId) =>
        htmlResponse(
          <Layout title="This did not work" now={new Date()}>
            {refusals.problem(status, code, detail, requestId).main}
          </Layout>,
          status,
        ),
      MAX_FORM_BYTES,
    )(request, context);

/** `GET /api/console/…`: a page or a file. */
export const makeConsole = (getApp: () => App): Handler =>
  consoleHandler(getApp, async (arrived) => {
    const { request, app, sight } = arrived;
    const { path, here, query } = placeOf(request);
    if (sight.kind === 'nobody') return redirectTo(refusals.signInAddress(`${here}${searchOf(query)}`));
    const person = personOf(arrived);
    if ('refusal' in person) return person.refusal;
    const page = find(PAGES, path);
    const usable = usableFor(app, page?.item);
    if (!usable && app.kind === 'notConfigured') return refuse(arrived, refusals.notConfigured(app.error.issues, app.warnings));
    const download = page ? undefined : find(DOWNLOADS, path);
    const found = page ?? download;
    if (!found || !usable) return refuse(arrived, refusals.notFound());
    if (!allows(person.principal.role, found.item.role))
      return refuse(arrived, refusals.noRole(person.principal, found.item.role));
    const ask = await askOf(usable, person.principal, found.params, here, query);
    if (download) return download.item.send(ask);
    return page ? showPage(arrived, page, ask) : refuse(arrived, refusals.notFound());
  });

/** The app as a page may use it; undefined while the settings or, for most pages, the mappings keep it from running. */
export function usableFor(app: App, page: ConsolePage | undefined): ConfiguredApp | undefined {
  if (app.kind === 'configured') return app;
  return page?.worksWithoutMappings ? app.withoutMappings : undefined;
}

const searchOf = (query: URLSearchParams): string => (query.size === 0 ? '' : `?${query}`);

/** The person who asks with any role at all, or why there is none. */
export function personOf(arrived: Arrived): { readonly principal: Principal } | { readonly refusal: HttpResponseInit } {
  const { sight } = arrived;
  if (sight.kind === 'off') return { refusal: refuse(arrived, refusals.signInOff(sight)) };
  if (sight.kind === 'stranger') return { refusal: refuse(arrived, refusals.stranger(sight.reason)) };
  if (sight.kind === 'nobody')
    return { refusal: refuse(arrived, refusals.noRole({ id: '', name: '', role: undefined }, 'Read')) };
  if (sight.principal.role === undefined) return { refusal: refuse(arrived, refusals.noRole(sight.principal, 'Read')) };
  return { principal: sight.principal };
}

/** What a page or an act is asked with. */
export async function askOf(
  app: ConfiguredApp,
  principal: Principal,
  params: Readonly<Record<string, string>>,
  here: string,
  query: URLSearchParams,
): Promise<Ask> {
  const { deps } = app;
  const now = deps.clock();
  const secret = await consoleSecret(deps.state);
  return {
    app,
    principal,
    operator: initiatorOf(principal),
    params,
    query,
    now,
    here,
    perform: async (there, name, sent) => {
      const found = find(PAGES, there.replace(addressOf(''), ''));
      const act = found?.item.acts?.[name];
      const fields = act?.fields.safeParse(sent);
      if (!found || !act || !fields?.success || !allows(principal.role, act.role))
        return {
          kind: 'refused',
          text: 'This cannot be done any more: the app has no such form, or you have not the role for it.',
        };
      const other = await askOf(app, principal, found.params, there, new URLSearchParams());
      return act.run(other, fields.data);
    },
    can: (role: Role) => allows(principal.role, role),
    token: () => makeToken(secret, principal.id, now),
  };
}

/** Shows a page, and above it how the form has ended that led there. */
async function showPage(arrived: Arrived, { item }: Found<ConsolePage>, ask: Ask): Promise<HttpResponseInit> {
  const done = ask.query.get('done');
  const { state } = ask.app.deps;
  const outcome = done === null ? undefined : await readOutcome(state, ask.principal.id, done);
  const view = await shown(item, ask);
  if (view.redirect !== undefined) return redirectTo(view.redirect);
  return htmlResponse(
    <Layout
      title={view.title ?? item.title}
      account={ask.app.config.target.subdomain}
      principal={ask.principal}
      nav={navigationOf(ask.app)}
      current={currentOf(item)}
      refreshSeconds={view.refreshSeconds}
      now={arrived.now}
    >
      {outcome && <Outcome outcome={outcome} now={arrived.now} />}
      {view.main}
    </Layout>,
    view.status ?? 200,
  );
}

const navigationOf = (app: ConfiguredApp) => NAVIGATION.filter(({ isShown }) => isShown?.(app) ?? true);

/** The item of the navigation that a page stands under: its own, else that of the page above it. */
const currentOf = ({ path }: ConsolePage): string | undefined =>
  NAVIGATION.findLast((item) => path === item.path || (item.path !== '' && path.startsWith(`${item.path}/`)))?.path;

async function shown(item: ConsolePage, ask: Ask): Promise<View> {
  try {
    return await item.show(ask);
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    return refusals.problem(statusOf(error.code), error.code, withAdvice(error));
  }
}

const Outcome = ({ outcome: { state, text }, now }: { readonly outcome: FormOutcome; readonly now: Date }) => (
  <Notice tone={state === 'done' ? 'good' : 'warn'}>
    <p>
      <strong>{state === 'done' ? 'Done.' : state === 'running' ? 'Under way.' : 'Not done.'}</strong>{' '}
      <Foreign text={readable(text, new Map(), now)} max={1_200} />
    </p>
  </Notice>
);

/** A page that refuses, with the navigation for whoever may use it. */
export function refuse(arrived: Arrived, view: refusals.RefusalView): HttpResponseInit {
  const { app, sight, now } = arrived;
  const principal = sight.kind === 'person' ? sight.principal : undefined;
  return htmlResponse(
    <Layout
      title={view.title}
      account={principal && app.kind === 'configured' ? app.config.target.subdomain : undefined}
      principal={principal}
      nav={principal?.role !== undefined && app.kind === 'configured' ? navigationOf(app) : []}
      now={now}
    >
      {view.main}
    </Layout>,
    view.status,
  );
}

/** Where a form leads that has ended: the page that shows the result, with its outcome. */
export const resultAddress = (to: string, form: string): string => {
  const [path = '', query = ''] = to.replace(addressOf(''), '').split('?');
  return addressOf(path, { ...Object.fromEntries(new URLSearchParams(query)), done: form });
};
