import type { Child } from 'hono/jsx';
import type { ConfigIssue } from '../core/errors';
import type { Principal, Role, Sight } from '../functions/principal';
import { Card, Table } from './components/parts';
import { Foreign } from './components/text';
import { addressOf } from './model';

/** What a page says that refuses: its title, status and content. */
export interface RefusalView {
  readonly title: string;
  readonly status: number;
  readonly main: Child;
}

interface Said {
  readonly word: string;
  readonly headline: string;
  readonly tone?: 'bad' | 'warn';
  readonly children?: Child;
}

const Panel = ({ word, headline, tone = 'warn', children }: Said) => (
  <section class={`verdict ${tone}`} aria-labelledby="h-verdict">
    <p class="word">{word}</p>
    <h2 id="h-verdict">{headline}</h2>
    {children}
  </section>
);

/** Signing in is not set up: how to switch it on. */
export function signInOff({ missing }: Extract<Sight, { kind: 'off' }>): RefusalView {
  return {
    title: 'The console is not switched on',
    status: 403,
    main: (
      <Panel word="Closed" headline="People cannot sign in yet">
        <p>
          {missing === 'authentication'
            ? 'App Service authentication is off for this app.'
            : 'App Service authentication is on, but the setting CONSOLE_CLIENT_ID names no app registration.'}{' '}
          Without it the console could not tell who asks, so it stays closed. Provisioning itself is not affected.
        </p>
        <h3>What to do</h3>
        <ol>
          <li>
            Make the app registration: run <code>infra/scripts/console-registration.sh</code> (or <code>.ps1</code>). It shows
            what it will do first, and prints a client id at the end.
          </li>
          <li>
            Deploy the template again with that id as <code>consoleClientId</code>. This switches the authentication on.
          </li>
          <li>Assign the roles to people in Entra ID, under the enterprise application of the registration.</li>
        </ol>
        <p>
          docs/console.md has the details. Until then machines and people with a function key use the API, for example{' '}
          <code>GET /api/status</code>.
        </p>
      </Panel>
    ),
  };
}

/** Signed in, but not one of ours. */
export const stranger = (reason: string): RefusalView => ({
  title: 'This account cannot be used here',
  status: 403,
  main: (
    <Panel word="Refused" headline="You are signed in with an account that this console does not accept" tone="bad">
      <p>{reason}</p>
      <p>
        <a href="/.auth/logout">Sign out</a>, then sign in with an account of the tenant that this app serves.
      </p>
    </Panel>
  ),
});

/** No role, or one that is not enough. */
export const noRole = ({ name, role }: Principal, needed: Role): RefusalView => ({
  title: 'You need another role',
  status: 403,
  main: (
    <Panel word="Refused" headline={`This needs the role Provisioning.${needed}`}>
      <p>
        You are signed in as <Foreign text={name} max={80} />,{' '}
        {role === undefined ? 'without a role' : `with the role Provisioning.${role}`}.
      </p>
      <p>
        Ask the person who manages the enterprise application of this console in Entra ID to assign{' '}
        <code>Provisioning.{needed}</code> to you, then sign out and in again.
      </p>
    </Panel>
  ),
});

/** Nothing is found at this address. */
export const notFound = (what = 'There is no page at this address.'): RefusalView => ({
  title: 'Not found',
  status: 404,
  main: (
    <Panel word="Not found" headline={what}>
      <p>
        The address may be of an older version of this app. <a href={addressOf('')}>Go to the overview</a>.
      </p>
    </Panel>
  ),
});

/** The settings are wrong: every problem at once, in plain words. */
export function notConfigured(problems: readonly ConfigIssue[], warnings: readonly ConfigIssue[]): RefusalView {
  return {
    title: 'Not configured',
    status: 200,
    main: (
      <>
        <Panel
          word="Not configured"
          tone="bad"
          headline={`${problems.length} ${problems.length === 1 ? 'setting keeps' : 'settings keep'} provisioning from starting`}
        >
          <p>Nothing is read from Entra ID and nothing is written to Zendesk. What waits in the queue is kept.</p>
          <h3>What to do</h3>
          <ol>
            <li>
              Correct what is listed below in the app’s settings (Azure portal: Environment variables; locally:
              local.settings.json), or in the mapping file.
            </li>
            <li>
              In Azure the app restarts by itself when settings change; on your own machine stop it with Ctrl-C and start it
              again. Then reload this page.
            </li>
          </ol>
        </Panel>
        <Card id="problems" title="What is wrong">
          <Issues issues={problems} />
        </Card>
        {warnings.length > 0 && (
          <Card id="warnings" title="Worth a look, too">
            <Issues issues={warnings} />
          </Card>
        )}
      </>
    ),
  };
}

/** Settings or mappings that deserve a look, each with what is wrong. */
export const Issues = ({ issues }: { readonly issues: readonly ConfigIssue[] }) => (
  <Table
    rows={issues}
    columns={[
      { head: 'Setting', cell: ({ setting }) => <code>{setting}</code> },
      { head: 'Problem', cell: ({ problem }) => <Foreign text={problem} max={600} /> },
    ]}
  />
);

/** Settings are wrong, so that not even who may read of them can be told. */
export const notConfiguredToNobody = (): RefusalView => ({
  title: 'Not configured',
  status: 503,
  main: (
    <Panel word="Not configured" headline="The app’s settings are incomplete" tone="bad">
      <p>
        Who may see the console cannot be told from them either. <code>GET /api/status</code> with a function key lists every
        problem; in Azure the settings are under Environment variables.
      </p>
    </Panel>
  ),
});

/** Something went wrong, with its stable code. */
export const problem = (status: number, code: string, detail: string, requestId?: string): RefusalView => ({
  title: 'This did not work',
  status,
  main: (
    <Panel word={code} headline="The page could not be made" tone="bad">
      <p>
        <Foreign text={detail} max={600} />
      </p>
      <p>Reload the page to try again. {requestId !== undefined && <>The log of the app names this request {requestId}.</>}</p>
    </Panel>
  ),
});

/** The fields of a form as they were sent. */
export type Sent = readonly (readonly [name: string, value: string])[];

const Again = ({
  action,
  sent,
  token,
  label,
}: {
  readonly action: string;
  readonly sent: Sent;
  readonly token?: string;
  readonly label: string;
}) => (
  <form method="post" action={action}>
    {sent.map(([name, value]) =>
      name === 'token' && token !== undefined ? (
        <input type="hidden" name="token" value={token} />
      ) : (
        <input type="hidden" name={name} value={value} />
      ),
    )}
    <button type="submit">{label}</button>
  </form>
);

/** The session has ended while the form was being filled in: nothing that was typed is lost. */
export const signedOut = (action: string, sent: Sent): RefusalView => ({
  title: 'You are no longer signed in',
  status: 401,
  main: (
    <Panel word="Signed out" headline="Your session has ended. Nothing was done, and nothing you typed is lost">
      <ol>
        <li>
          <a href={signInAddress(addressOf(''))} target="_blank" rel="noopener">
            Sign in again
          </a>{' '}
          (opens beside this page).
        </li>
        <li>Come back here and send the form again.</li>
      </ol>
      <Again action={action} sent={sent} label="Send it again" />
    </Panel>
  ),
});

/** The page was open for so long that what it said may no longer be so. */
export const tooOld = (action: string, sent: Sent, token: string, what: string): RefusalView => ({
  title: 'This page was open for a long time',
  status: 409,
  main: (
    <Panel word="Old page" headline="Nothing was done yet">
      <p>
        You are about to: <strong>{what}</strong>. The page on which you decided that was written hours ago, so things may have
        changed since. <a href={action}>Look at the page again</a>, or send the form as it is.
      </p>
      <Again action={action} sent={sent} token={token} label="Send it as it is" />
    </Panel>
  ),
});

/** A form that this console has not given to this person. */
export const forged = (action: string): RefusalView => ({
  title: 'This form is not accepted',
  status: 403,
  main: (
    <Panel word="Refused" headline="Nothing was done" tone="bad">
      <p>
        The form was not made by this console for you: it came from another page, from another person’s session, or it is days
        old. If you did mean to do something, <a href={action}>open the page again</a> and do it there.
      </p>
    </Panel>
  ),
});

/** A form whose fields cannot be understood, or that a newer version of the app no longer has. */
export const badForm = (action: string, problems: readonly string[]): RefusalView => ({
  title: 'The form could not be understood',
  status: 400,
  main: (
    <Panel word="Not done" headline="Nothing was done">
      <ul>
        {problems.map((one) => (
          <li>
            <Foreign text={one} max={300} />
          </li>
        ))}
      </ul>
      <p>
        The app may have been updated while the page was open. <a href={action}>Open the page again</a>.
      </p>
    </Panel>
  ),
});

/** The same form was sent twice, and the first one is still being carried out, or was cut off. */
export const stillRunning = (action: string, isCutOff: boolean): RefusalView => ({
  title: isCutOff ? 'How this ended is not known' : 'This is being carried out',
  status: 409,
  main: (
    <Panel
      word={isCutOff ? 'Unknown' : 'Running'}
      headline={isCutOff ? 'It was cut off before it could say how it ended' : 'You have sent this form already'}
    >
      <p>
        It was not started a second time. <a href={action}>Look at the page again</a> to see how things stand.
      </p>
    </Panel>
  ),
});

/** The address that signs a person in and leads back. @param back a path of this app */
export const signInAddress = (back: string): string => `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(back)}`;
