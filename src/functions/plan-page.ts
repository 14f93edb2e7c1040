import { PLAN_EXPIRES_MS } from '../engine/preview/planning';
import { foreign, type Html, html } from '../html';
import type { Page } from '../pages/page';
import type { PlanApplication, PlanHeader, PlanRow, PlanSeats } from '../ports/plan-store';
import { isHeld, seatsAfter } from './plan-body';

/** What part of a plan is shown. */
interface Shown {
  readonly which: 'acting' | 'all';
  readonly top: number;
  /** The function key in the page's own address; undefined when it came some other way. */
  readonly code: string | undefined;
}

/** How a plan stands: the tone of its panel, one word, and a sentence. */
const STATES: Readonly<Record<PlanHeader['state'], readonly [tone: string, word: string, headline: string]>> = {
  planning: ['busy', 'Planning', 'This plan is being made'],
  planned: ['busy', 'Planned', 'This plan is finished. None of it has been applied'],
  failed: ['bad', 'Failed', 'This plan could not be made'],
  applying: ['busy', 'Applying', 'This plan is being applied'],
  applied: ['good', 'Applied', 'This plan has been applied'],
};

/** A plan as a page for people. Pure. */
export function planPage(header: PlanHeader, rows: readonly PlanRow[], next: string | undefined, shown: Shown): Page {
  const isMoving = header.state === 'planning' || header.state === 'applying';
  const [usual, word, headline] = STATES[header.state];
  const tone = header.state === 'planned' && header.brake.length > 0 ? 'warn' : usual;
  const order = Object.keys(ACTIONS);
  const counts = Object.entries(header.counts)
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([action, count]) => html`<div><dt>${ACTIONS[action] ?? action}</dt><dd>${count}</dd></div>`);
  return {
    title: 'Plan',
    subtitle: html`Plan <code>${header.planId}</code>`,
    ...(isMoving && { refreshSeconds: 10 }),
    main: html`<section class="verdict ${tone}" aria-labelledby="h-plan"><p class="word">${word}</p>
<h2 id="h-plan">${headline}</h2>
<p>Made ${instant(header.createdAt)} by ${foreign(header.createdBy)}. ${header.objects} objects looked at.</p>
${header.isForOtherSchema && html`<p>Made with mappings that were not in use.</p>`}
${header.error && html`<p>${header.error.code}: ${foreign(header.error.message, 500)}</p>`}
${header.brake.map((one) => html`<p><strong>Above the deletion threshold:</strong> ${one.reason}</p>`)}
${header.seats && seatsLine(header.seats)}
${header.state === 'planned' && whatToDo(header)}
${header.application && appliedSoFar(header.application)}</section>
<section class="card" aria-labelledby="h-counts"><h2 id="h-counts">What it would do</h2><dl class="facts">${counts}</dl></section>
<section class="card" aria-labelledby="h-objects"><h2 id="h-objects">Object by object</h2>
${tableOf(header, rows)}
${next !== undefined && html`<p><a href="${nextAddress(next, shown)}" rel="next">Next page</a></p>`}</section>`,
  };
}

/** Agent seats before and after, and whether they are enough. */
function seatsLine(seats: PlanSeats): Html {
  const { before, needed, missing, bought } = seats;
  if (needed === 0 && missing === 0) return html``;
  const of = bought === null ? '' : ` of ${bought}`;
  return html`<p>Agent seats: ${before}${of} used, ${seatsAfter(seats)} afterwards; ${needed} more needed.${
    missing > 0 && html` <strong>${missing} are missing</strong>: these people wait, in the order of their object ids.`
  }</p>`;
}

const ACTIONS: Readonly<Record<string, string>> = {
  create: 'To create',
  update: 'To update',
  disable: 'To disable',
  delete: 'To delete',
  unchanged: 'In sync already',
  skipped: 'Skipped',
  failed: 'Would fail',
  reported: 'Only reported',
  waiting: 'Left to cycles',
};

/** Whether applying it would change anything. */
const isActing = ({ counts }: PlanHeader): boolean =>
  Object.entries(counts).some(
    ([action, count]) => count > 0 && !['unchanged', 'skipped', 'failed', 'reported', 'waiting'].includes(action),
  );

function whatToDo(header: PlanHeader): Html {
  const { planId, createdAt, brake, isForOtherSchema } = header;
  if (!isActing(header)) return html`<p>There is nothing to apply: no object would be changed.</p>`;
  if (isForOtherSchema)
    return html`<h3>What to do</h3><ol><li>To apply it, put its mappings into use first and make a new plan.</li></ol>`;
  const expiresAt = new Date(Date.parse(createdAt) + PLAN_EXPIRES_MS).toISOString();
  return html`<h3>What to do</h3><ol><li>Read it through. To do exactly this, until ${instant(expiresAt)}: <code>POST /api/plan/${planId}/apply</code>${
    brake.length > 0 &&
    html` with <code>{"allowDeletes": true}</code> to include the removals, or <code>{"allowDeletes": false}</code> to leave them out`
  }.</li></ol>`;
}

const appliedSoFar = ({ enqueued, refused, held }: PlanApplication): Html =>
  html`<p>${enqueued} objects handed over, ${refused} refused because they have changed since, ${held} held by the brake.</p>`;

/** To the minute, in UTC. */
const instant = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** A browser has the key in the address of the page alone, so the next page has it from there. */
const nextAddress = (next: string, { which, top, code }: Shown): string =>
  `?${new URLSearchParams({
    ...(which === 'all' && { include: 'all' }),
    $top: String(top),
    $skiptoken: next,
    ...(code !== undefined && { code }),
  })}`;

function tableOf(header: PlanHeader, rows: readonly PlanRow[]): Html {
  if (rows.length === 0) return html`<p>${header.state === 'planning' ? 'Nothing yet.' : 'Nothing to do.'}</p>`;
  return html`<table class="cards">
<thead><tr><th scope="col">Object</th><th scope="col">Action</th><th scope="col">Changes</th><th scope="col">Why</th></tr></thead>
<tbody>${rows.map((row) => rowOf(header, row))}</tbody></table>`;
}

const rowOf = (header: PlanHeader, row: PlanRow): Html => html`<tr>
<th scope="row">${foreign(row.name || row.key.id)}<br><small class="soft">${row.key.type} ${row.key.id}</small></th>
<td class="whole" data-label="Action">${row.outcome === 'planned' ? row.action : row.outcome}${isHeld(header, row) && html`<br>(held by the brake)`}${row.applied && html`<br>${row.applied}`}</td>
<td data-label="Changes">${row.changes.length === 0 ? '–' : row.changes.map((one) => html`<div>${one.displayName}: ${foreign(one.oldValue ?? '–')} → ${foreign(one.newValue ?? '–')}</div>`)}</td>
<td data-label="Why">${foreign(row.refusal ?? row.reason, 500)}</td>
</tr>`;
