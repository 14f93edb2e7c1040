import type { ProvisioningLogEntry } from '../core/record';
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
<form method="get" role="search">
${links.code !== undefined && html`<input type="hidden" name="code" value="${links.code}">`}
<label><span>Entra object id, Zendesk id, UPN, e-mail or whole name</span><input type="search" name="person" maxlength="320" autocomplete="off" value="${person?.asked ?? ''}"></label>
<button type="submit">Look up</button>
</form>
${person && person.asked !== '' && found(view, person)}
</section>`;
}

function found(view: StatusPageView, person: NonNullable<StatusPageView['person']>): Html {
  if (person.entries.length === 0 && person.escrows.length === 0) {
    return html`<p>Nothing is recorded of ${foreign(person.asked)}. Is the person assigned to the enterprise application? Was the name written in full? <a href="${view.links.status()}">Back</a></p>`;
  }
  return html`${
    person.escrows.length > 0
      ? html`<h3>Waiting after a failure</h3>${escrowTable(person.escrows, view)}`
      : html`<p>No failure is waiting.</p>`
  }
<h3>Last log entries</h3>
${
  person.entries.length === 0
    ? html`<p>There are none.</p>`
    : html`<table class="cards"><thead><tr><th scope="col">When</th><th scope="col">Object</th><th scope="col">Action</th><th scope="col">Outcome</th></tr></thead>
<tbody>${person.entries.map((entry) => entryRow(entry, view))}</tbody></table>`
}
<p><a href="${view.links.status()}">Back to the whole status</a></p>`;
}

function entryRow(entry: ProvisioningLogEntry, { links, now }: StatusPageView): Html {
  const { status, errorInformation } = entry.provisioningStatusInfo;
  const why = errorInformation?.reason ?? entry.provisioningSteps.at(-1)?.description ?? '';
  return html`<tr><th scope="row"><a href="${links.logs(logFilter.change(entry.changeId))}">${when(entry.activityDateTime, now)}</a></th>
<td data-label="Object">${foreign(entry.sourceIdentity.displayName || entry.sourceIdentity.id, 80)}</td>
<td data-label="Action">${entry.provisioningAction}</td>
<td data-label="Outcome"><span${status === 'failure' && html` class="fail"`}>${status}${entry.skipReason !== null && html` (${entry.skipReason})`}</span><br>${foreign(why, 300)}</td></tr>`;
}
