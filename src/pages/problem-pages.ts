import type { ConfigIssue } from '../core/errors';
import { foreign, type Html, html } from '../html';
import type { Page } from './page';

/** The page of an app that cannot run: every problem at once, in plain words. */
export function notConfiguredPage(problems: readonly ConfigIssue[], warnings: readonly ConfigIssue[], version: string): Page {
  const one = problems.length === 1;
  return {
    title: 'Not configured – Zendesk provisioning',
    main: html`<section class="verdict bad" aria-labelledby="h-verdict"><p class="word">Not configured</p>
<h2 id="h-verdict">${problems.length} ${one ? 'setting keeps' : 'settings keep'} provisioning from starting</h2>
<p>Nothing is read from Entra ID and nothing is written to Zendesk. What waits in the queue is kept.</p>
<h3>What to do</h3><ol><li>Correct what is listed below in the app’s settings (Azure portal: Environment variables; locally: local.settings.json), or in the mapping file.</li>
<li>In Azure the app restarts by itself when settings change; on your own machine stop it with Ctrl-C and start it again. Then reload this page.</li></ol></section>
<section class="card" aria-labelledby="h-problems"><h2 id="h-problems">What is wrong</h2>${issueTable(problems)}</section>
${warnings.length > 0 && html`<section class="card" aria-labelledby="h-warnings"><h2 id="h-warnings">Worth a look, too</h2>${issueTable(warnings)}</section>`}`,
    footer: html`Version ${version}.`,
  };
}

const issueTable = (issues: readonly ConfigIssue[]): Html =>
  html`<table class="cards"><thead><tr><th scope="col">Setting</th><th scope="col">Problem</th></tr></thead><tbody>${issues.map(
    ({ setting, problem }) =>
      html`<tr><th scope="row"><code>${setting}</code></th><td data-label="Problem">${foreign(problem, 600)}</td></tr>`,
  )}</tbody></table>`;

/** The page of something that went wrong, with its stable code. */
export function problemPage(
  problem: { readonly code: string; readonly headline: string; readonly action: string },
  version: string,
): Page {
  return {
    title: `${problem.code} – Zendesk provisioning`,
    main: html`<section class="verdict bad" aria-labelledby="h-verdict"><p class="word">${problem.code}</p>
<h2 id="h-verdict">${problem.headline}</h2><h3>What to do</h3><p>${problem.action}</p></section>`,
    footer: html`Version ${version}.`,
  };
}
