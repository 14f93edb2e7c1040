import { foreign, type Html, html } from '../pages/html';
import type { Page } from '../pages/page';
import type { PlanHeader, PlanRow } from '../ports/plan-store';
import { isHeld } from './plan-body';

/** What part of a plan is shown. */
interface Shown {
  readonly which: 'acting' | 'all';
  readonly top: number;
  /** The function key in the page's own address; undefined when it came some other way. */
  readonly code: string | undefined;
}

const STATES: Readonly<Record<PlanHeader['state'], string>> = {
  planning: 'This plan is being made.',
  planned: 'This plan is finished. Nothing of it has been done.',
  failed: 'This plan could not be made.',
  applying: 'This plan is being applied.',
  applied: 'This plan has been applied.',
};

/** A plan as a page for people. Pure. */
export function planPage(header: PlanHeader, rows: readonly PlanRow[], next: string | undefined, shown: Shown): Page {
  const isMoving = header.state === 'planning' || header.state === 'applying';
  const counts = Object.entries(header.counts).map(
    ([action, count]) => html`<tr><th scope="row">${action}</th><td>${count}</td></tr>`,
  );
  return {
    title: 'Plan',
    subtitle: `Plan ${header.planId}`,
    ...(isMoving && { refreshSeconds: 10 }),
    main: html`<h2>${STATES[header.state]}</h2>
<p>Made ${header.createdAt} by ${foreign(header.createdBy)}. ${header.objects} objects looked at.</p>
${header.isForOtherSchema && html`<p>Made with mappings that were not in force.</p>`}
${header.error && html`<p>${header.error.code}: ${foreign(header.error.message, 500)}</p>`}
${header.brake.map((one) => html`<p><strong>Above the deletion threshold:</strong> ${one.reason}</p>`)}
<table><caption>What it would do</caption><tbody>${counts}</tbody></table>
${tableOf(header, rows)}
${next !== undefined && html`<p><a href="${nextAddress(next, shown)}" rel="next">Next page</a></p>`}`,
  };
}

/** A browser has the key in the address of the page alone, so the next page has it from there. */
const nextAddress = (next: string, { which, top, code }: Shown): string =>
  `?${new URLSearchParams({
    ...(which === 'all' && { include: 'all' }),
    $top: String(top),
    $skiptoken: next,
    ...(code !== undefined && { code }),
  })}`;

function tableOf(header: PlanHeader, rows: readonly PlanRow[]): Html {
  if (rows.length === 0) return html`<p>Nothing to do.</p>`;
  return html`<table><caption>Objects</caption>
<thead><tr><th scope="col">Object</th><th scope="col">Action</th><th scope="col">Changes</th><th scope="col">Why</th></tr></thead>
<tbody>${rows.map((row) => rowOf(header, row))}</tbody></table>`;
}

const rowOf = (header: PlanHeader, row: PlanRow): Html => html`<tr>
<th scope="row">${foreign(row.name || row.key.id)}<br>${row.key.type} ${row.key.id}</th>
<td>${row.outcome === 'planned' ? row.action : row.outcome}${isHeld(header, row) && ' (held by the brake)'}${row.applied && html`<br>${row.applied}`}</td>
<td>${row.changes.map((one) => html`<div>${one.displayName}: ${foreign(one.oldValue ?? '–')} → ${foreign(one.newValue ?? '–')}</div>`)}</td>
<td>${foreign(row.refusal ?? row.reason, 500)}</td>
</tr>`;
