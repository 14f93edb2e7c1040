import { span } from '../core/time-words';
import type { CycleStatus } from '../engine/job/executions';
import { type Html, html } from '../html';
import { logFilter } from './links';
import type { StatusPageView } from './status-page-view';
import { when } from './when';

/** What a cycle did, in the order and colours of the chart. */
const SERIES = [
  { name: 'Created', className: 'f1', of: (cycle: CycleStatus) => outcome(cycle, 'create') },
  { name: 'Updated', className: 'f2', of: (cycle: CycleStatus) => outcome(cycle, 'update') },
  { name: 'Disabled', className: 'f3', of: (cycle: CycleStatus) => outcome(cycle, 'disable') + outcome(cycle, 'delete') },
  { name: 'Failed', className: 'f4', of: (cycle: CycleStatus) => status(cycle, 'failure') },
  { name: 'Skipped', className: 'f5', of: (cycle: CycleStatus) => status(cycle, 'skipped') },
] as const;

const outcome = ({ counts }: CycleStatus, action: string): number =>
  (counts.byOutcome[`success/${action}`] ?? 0) + (counts.byOutcome[`warning/${action}`] ?? 0);

const status = ({ counts }: CycleStatus, prefix: string): number =>
  Object.entries(counts.byOutcome).reduce((sum, [key, count]) => (key.startsWith(`${prefix}/`) ? sum + count : sum), 0);

/** The last cycles: a chart for the eye, and the table that says the same in numbers. */
export function cyclesSection(view: StatusPageView): Html {
  const { cycles } = view.status;
  if (cycles.length === 0) return html``;
  return html`<section class="card" aria-labelledby="h-cycles">
<h2 id="h-cycles">Last cycles</h2>
${chart([...cycles].reverse())}
<table class="cards"><caption>Newest first; counts are of objects.</caption>
<thead><tr><th scope="col">Began</th><th scope="col">Kind</th>${SERIES.map(
    ({ name }) => html`<th scope="col" class="num">${name}</th>`,
  )}<th scope="col">Result</th></tr></thead>
<tbody>${cycles.map((cycle) => row(cycle, view))}</tbody></table>
</section>`;
}

function row(one: CycleStatus, { now, links }: StatusPageView): Html {
  const { cycle } = one;
  return html`<tr><th scope="row">${when(cycle.startedAt, now)}</th><td data-label="Kind">${KINDS[cycle.kind]}</td>
${SERIES.map(({ name, of }) => {
  const count = of(one);
  const isLinked = count > 0 && (name === 'Failed' || name === 'Skipped');
  const filter = logFilter.cycle(cycle.cycleId, name === 'Failed' ? 'failure' : 'skipped');
  return html`<td class="num" data-label="${name}">${
    isLinked
      ? html`<a href="${links.logs(filter)}"${name === 'Failed' && html` class="fail"`}>${count}<span class="hidden"> ${name.toLowerCase()}, log entries</span></a>`
      : count
  }</td>`;
})}
<td data-label="Result"><a href="${links.logs(logFilter.cycle(cycle.cycleId))}">${resultOf(one)}</a></td></tr>`;
}

const KINDS: Readonly<Record<CycleStatus['cycle']['kind'], string>> = {
  initial: 'Initial',
  incremental: 'Incremental',
  onDemand: 'On demand',
  release: 'Released by the brake',
  apply: 'Plan applied',
};

function resultOf({ cycle, pending }: CycleStatus): string {
  if (cycle.error) return 'Stopped by an error';
  if (cycle.state === 'importing' || cycle.state === 'enqueueing') return 'Reading';
  if (pending > 0) return `${pending} to go`;
  const took = cycle.endedAt === null ? '' : ` in ${span(Date.parse(cycle.endedAt) - Date.parse(cycle.startedAt))}`;
  if (cycle.staged > 0) return `Done${took}, ${cycle.staged} held by the brake`;
  return `Done${took}`;
}

const HEIGHT = 100;
const BAR = 46;
const GAP = 14;
/** A share too small to be seen is drawn this high all the same: one failure among a thousand matters. */
const LEAST = 3;

function chart(cycles: readonly CycleStatus[]): Html {
  const totals = cycles.map((cycle) => SERIES.reduce((sum, { of }) => sum + of(cycle), 0));
  const most = Math.max(1, ...totals);
  const width = Math.max(10, cycles.length) * (BAR + GAP);
  const bars = cycles.map((cycle, index) => {
    let top = HEIGHT;
    return SERIES.map(({ className, of }) => {
      const count = of(cycle);
      if (count === 0) return null;
      const height = Math.max(LEAST, (count / most) * (HEIGHT - SERIES.length * LEAST));
      top -= height;
      return html`<rect class="${className}" x="${index * (BAR + GAP) + GAP / 2}" y="${top.toFixed(1)}" width="${BAR}" height="${height.toFixed(1)}"/>`;
    });
  });
  return html`<svg role="img" aria-labelledby="chart-title chart-desc" viewBox="0 0 ${width} ${HEIGHT + 1}" preserveAspectRatio="xMinYMax meet">
<title id="chart-title">Objects per cycle, oldest first</title>
<desc id="chart-desc">${cycles.length} cycles; the largest dealt with ${most} objects. The table below has the numbers.</desc>
${bars}<line class="axis" x1="0" x2="${width}" y1="${HEIGHT + 0.5}" y2="${HEIGHT + 0.5}"/></svg>
<ul class="legend" aria-hidden="true">${SERIES.map(
    ({ name, className }) =>
      html`<li><svg viewBox="0 0 10 10"><rect class="${className}" width="10" height="10"/></svg>${name}</li>`,
  )}</ul>`;
}
