import { plainRemoval, REMOVAL_KINDS, type RemovalKind } from '../core/brake';
import { capital, heldRemoval, WHILE_HELD, withNames } from '../core/held-words';
import { atLeast } from '../engine/queries/verdict';
import { clip, foreign, type Html, html } from '../html';
import type { Escrow } from '../ports/stores';
import { logFilter } from './links';
import type { StatusPageView } from './status-page-view';
import { when } from './when';

/** Rows that a page shows; the JSON lists more. */
export const ROWS = 25;
const MAX_REASON = 400;
/** Rows that stand open; the others are one click away, so that a phone's screen is not all failures. */
const OPEN_ROWS = 8;

/** What a page calls an object: its name where one is known, and always its id. */
export function named(view: StatusPageView, id: string): Html {
  const name = view.names.get(id);
  return name === undefined
    ? html`<code>${clip(id, 80)}</code>`
    : html`${foreign(name, 80)} <small class="soft">${clip(id, 80)}</small>`;
}

/** The failures that wait, each with its reason, what to do, and its log entry. */
export function failuresSection(view: StatusPageView): Html {
  const { escrows } = view.status;
  if (escrows.count === 0) return html``;
  const more = escrows.listed.slice(OPEN_ROWS, ROWS);
  return html`<section class="card" aria-labelledby="h-failures">
<h2 id="h-failures">Failures: ${atLeast(escrows).toLowerCase()} waiting</h2>
${more.length > 0 && html`<ul class="plain">${byCode(view).map(([code, count]) => html`<li>${count} × <a href="${view.links.logs(logFilter.failures(code))}">${code}<span class="hidden">: log entries</span></a></li>`)}</ul>`}
${escrowTable(escrows.listed.slice(0, OPEN_ROWS), view)}
${more.length > 0 && html`<details><summary>${more.length} more</summary>${escrowTable(more, view)}</details>`}
${escrows.count > ROWS && html`<p class="soft">The first ${ROWS} of ${escrows.count} are shown. <a href="${view.links.logs(logFilter.failures())}">All failures in the log</a></p>`}
</section>`;
}

/** How many of all failures that wait there are of each code, the most frequent first. */
const byCode = ({ status }: StatusPageView): readonly (readonly [code: string, count: number])[] =>
  Object.entries(status.escrows.byCode).sort(([, a], [, b]) => b - a);

/** A table of failures. */
export function escrowTable(escrows: readonly Escrow[], view: StatusPageView): Html {
  const { now, links } = view;
  return html`<table class="cards"><thead><tr><th scope="col">Object</th><th scope="col">What is wrong</th><th scope="col">What to do</th><th scope="col">Next attempt</th></tr></thead>
<tbody>${escrows.map(
    (escrow) => html`<tr><th scope="row">${named(view, escrow.key.id)}<br><small class="soft">${escrow.key.type}</small></th>
<td data-label="What is wrong"><a class="fail" href="${links.logs(logFilter.change(escrow.changeId))}">${escrow.code}<span class="hidden">: log entry</span></a><br>${foreign(escrow.reason, MAX_REASON)}${escrow.detail !== undefined && html`<br>Zendesk’s own words: <q>${foreign(escrow.detail, MAX_REASON)}</q>`}</td>
<td data-label="What to do">${escrow.recommendedAction}</td>
<td data-label="Next attempt">${when(escrow.nextAttemptAt, now, 'when it changes in Entra ID')}<br><small class="soft">tried ${escrow.attempts} ${escrow.attempts === 1 ? 'time' : 'times'}, first ${when(escrow.firstFailedAt, now)}</small></td></tr>`,
  )}</tbody></table>`;
}

/** What the brake holds, by kind, and how to decide. */
export function stagedSection(view: StatusPageView): Html {
  const { staged } = view.status;
  if (staged.count === 0) return html``;
  const kinds = REMOVAL_KINDS.filter((kind) => (staged.byKind[kind] ?? 0) > 0);
  return html`<section class="card" aria-labelledby="h-staged">
<h2 id="h-staged">Held removals: ${atLeast(staged).toLowerCase()} held by the brake</h2>
<p>None of these removals has been carried out yet. ${WHILE_HELD}</p>
<p>To release exactly what ${staged.cycleIds.length > 1 ? 'one cycle held' : 'is held'}: ${staged.cycleIds
    .slice(0, 5)
    .map((cycleId, index) => html`${index > 0 && ', '}<code>POST /api/job/allow-deletes {"cycleId":"${cycleId}"}</code>`)}.</p>
<table><thead><tr><th scope="col">Kind</th><th scope="col" class="num">Count</th></tr></thead>
<tbody>${kinds.map((kind) => kindRow(kind, staged.byKind[kind] ?? 0))}</tbody></table>
<h3>Why</h3>
<ul class="plain">${staged.causes.map((cause) => html`<li>${cause.objects} × ${plainRemoval(cause.kind)}: ${foreign(withNames(cause.reason, view.names), MAX_REASON)}</li>`)}</ul>
<details><summary>Which ones</summary>
<table class="cards"><thead><tr><th scope="col">Object</th><th scope="col">What is held</th><th scope="col">Why</th><th scope="col">Since</th></tr></thead>
<tbody>${staged.listed.slice(0, ROWS).map(
    (
      row,
    ) => html`<tr><th scope="row"><a href="${view.links.logs(logFilter.change(row.changeId))}">${named(view, row.key.id)}</a></th>
<td data-label="What is held">${capital(heldRemoval(row))}</td><td data-label="Why">${foreign(withNames(row.reason, view.names), MAX_REASON)}</td><td data-label="Since">${when(row.stagedAt, view.now)}</td></tr>`,
  )}</tbody></table>${staged.count > ROWS && html`<p class="soft">The first ${ROWS} of ${staged.count} are shown. <a href="${view.links.logs(logFilter.held())}">All held removals in the log</a></p>`}</details>
</section>`;
}

const kindRow = (kind: RemovalKind, count: number): Html =>
  html`<tr><th scope="row">${plainRemoval(kind)}</th><td class="num">${count}</td></tr>`;
