import type { ProvisioningLogEntry } from '../core/record';
import type { SubjectHit } from '../engine/find-subject';
import type { Explanation } from '../engine/queries/explain-object';
import type { LookUp } from '../engine/queries/look-up';
import { outcomeWords } from '../engine/queries/outcome-words';
import { foreign, type Html, html } from '../html';
import { escrowTable } from './failure-sections';
import { logFilter } from './links';
import type { StatusPageView } from './status-page-view';
import { when } from './when';

/** Looks one person or group up: a form that works without a script, and what is known. It stands still while the page refreshes. */
export function personSection(view: StatusPageView): Html {
  const { person, links } = view;
  return html`<section class="card" aria-labelledby="h-person" id="person">
<h2 id="h-person">Look somebody up</h2>
<form method="get" action="#person" role="search">
${links.code !== undefined && html`<input type="hidden" name="code" value="${links.code}">`}
<label><span>Name or part of a name, UPN, address, Entra or Zendesk id</span><input type="search" name="person" maxlength="320" autocomplete="off" value="${person?.asked ?? ''}"></label>
<button type="submit">Look up</button>
</form>
${person && person.kind !== 'unasked' && html`${answerTo(person, view)}<p><a href="${links.status()}">Back to the whole status</a></p>`}
</section>`;
}

function answerTo(person: Exclude<LookUp, { kind: 'unasked' }>, view: StatusPageView): Html {
  switch (person.kind) {
    case 'explained':
      return explained(person.explanation, view);
    case 'recorded':
      return html`<p>${foreign(person.reason, 600)} This is what was recorded:</p>${history(person, view)}`;
    case 'several':
      return html`<p>Several are found${!person.found.isComplete && ', and there may be more'}. Which one?</p>
<ul class="plain">${person.found.hits.map((hit) => hitItem(hit, view))}</ul>`;
    case 'nothing':
      return html`<p>Nothing is recorded of ${foreign(person.asked)}. ${foreign(person.reason, 600)}</p>`;
  }
}

const hitItem = ({ key, displayName, address }: SubjectHit, { links }: StatusPageView): Html =>
  html`<li><a href="${links.status(key.id)}#person">${foreign(displayName ?? key.id, 80)}</a> <small class="soft">${key.type}${address !== null && html`, ${foreign(address, 120)}`}, ${key.id}</small></li>`;

function explained({ object, answer, escrow, entries }: Explanation, view: StatusPageView): Html {
  const name = object.attributes['displayName'];
  return html`<h3>${foreign(typeof name === 'string' ? name : object.id, 120)} <small class="soft">${object.type} ${object.id}</small></h3>
<p>${foreign(answer, 1_500)}</p>${history({ escrow, entries }, view)}`;
}

const history = ({ escrow, entries }: Pick<Explanation, 'escrow' | 'entries'>, view: StatusPageView): Html =>
  html`${escrow && html`<h3>Waiting after a failure</h3>${escrowTable([escrow], view)}`}
<h3>Last log entries</h3>
${
  entries.length === 0
    ? html`<p>There are none.</p>`
    : html`<table class="cards"><thead><tr><th scope="col">When</th><th scope="col">Action</th><th scope="col">Outcome</th></tr></thead>
<tbody>${entries.map((entry) => entryRow(entry, view))}</tbody></table>`
}`;

function entryRow(entry: ProvisioningLogEntry, { links, now }: StatusPageView): Html {
  const { status } = entry.provisioningStatusInfo;
  return html`<tr><th scope="row"><a href="${links.logs(logFilter.change(entry.changeId))}">${when(entry.activityDateTime, now)}</a></th>
<td data-label="Action">${entry.provisioningAction}</td>
<td data-label="Outcome"><span${status === 'failure' && html` class="fail"`}>${status}${entry.skipReason !== null && html` (${entry.skipReason})`}</span><br>${foreign(outcomeWords(entry), 400)}</td></tr>`;
}
