import { absolute, span } from '../../core/time-words';
import type { CycleStatus } from '../../engine/job/executions';
import { addressOf } from '../model';
import { Card, type Column, Table } from './parts';
import { Tag, When } from './text';

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

const KINDS: Readonly<Record<string, string>> = {
  initial: 'Initial',
  incremental: 'Incremental',
  onDemand: 'On demand',
  release: 'Held removals allowed',
  apply: 'Plan applied',
};

/** The last cycles: a chart for the eye, and the table that says the same in numbers. */
export function Cycles({ cycles, now }: { readonly cycles: readonly CycleStatus[]; readonly now: Date }) {
  if (cycles.length === 0) return null;
  const columns: readonly Column<CycleStatus>[] = [
    {
      head: 'Began',
      width: 'tight',
      cell: ({ cycle }) => (
        <a href={addressOf('log', { cycle: cycle.cycleId })}>
          <When at={cycle.startedAt} now={now} />
        </a>
      ),
    },
    { head: 'Kind', cell: ({ cycle }) => KINDS[cycle.kind] ?? cycle.kind },
    ...SERIES.map(({ name, of }) => ({ head: name, isNumber: true, cell: (one: CycleStatus) => count(one, name, of(one)) })),
    { head: 'Result', cell: result },
  ];
  return (
    <Card id="cycles" title="Last cycles">
      <Chart cycles={[...cycles].reverse()} now={now} slots={10} className="long" />
      <Chart cycles={cycles.slice(0, 5).reverse()} now={now} slots={5} className="short" />
      <Legend />
      <Table rows={cycles} columns={columns} caption="Newest first; counts are of objects." />
    </Card>
  );
}

function count({ cycle }: CycleStatus, name: string, number: number) {
  if (number === 0 || (name !== 'Failed' && name !== 'Skipped')) return String(number);
  return (
    <a
      href={addressOf('log', { cycle: cycle.cycleId, status: name === 'Failed' ? 'failure' : 'skipped' })}
      class={name === 'Failed' ? 'fail' : undefined}
    >
      {number}
      <span class="hidden"> {name.toLowerCase()}, entries of the log</span>
    </a>
  );
}

function result({ cycle, pending }: CycleStatus) {
  if (cycle.error) return <Tag tone="bad">Stopped by an error</Tag>;
  if (cycle.state === 'importing' || cycle.state === 'enqueueing') return <Tag tone="busy">Reading</Tag>;
  if (pending > 0) return <Tag tone="busy">{pending} to go</Tag>;
  const took = cycle.endedAt === null ? '' : ` in ${span(Date.parse(cycle.endedAt) - Date.parse(cycle.startedAt))}`;
  return (
    <>
      Done{took}
      {cycle.staged > 0 && <>, {cycle.staged} held by the brake</>}
    </>
  );
}

const HEIGHT = 100;
const BAR = 46;
const GAP = 14;
const LEFT = 44;
/** Room for the times below the bars. */
const FOOT = 16;
/** A share too small to be seen is drawn this high all the same: one failure among a thousand matters. */
const LEAST = 3;

interface ChartProps {
  readonly cycles: readonly CycleStatus[];
  readonly now: Date;
  /** Bars that there is room for, so that a few are not drawn huge. */
  readonly slots: number;
  /** `long` is shown where there is room, `short` on a phone. */
  readonly className: 'long' | 'short';
}

function Chart({ cycles, now, slots, className }: ChartProps) {
  const totals = cycles.map((cycle) => SERIES.reduce((sum, { of }) => sum + of(cycle), 0));
  const most = Math.max(1, ...totals);
  const width = LEFT + Math.max(slots, cycles.length) * (BAR + GAP);
  return (
    <svg
      role="img"
      class={className}
      aria-labelledby={`chart-${className}-title chart-${className}-desc`}
      viewBox={`0 0 ${width} ${HEIGHT + FOOT}`}
      preserveAspectRatio="xMinYMax meet"
    >
      <title id={`chart-${className}-title`}>Objects per cycle, oldest first</title>
      <desc
        id={`chart-${className}-desc`}
      >{`${cycles.length} cycles; the largest dealt with ${most} objects. The table below has the numbers.`}</desc>
      <text x={LEFT - 8} y={11} text-anchor="end">
        {most}
      </text>
      <text x={LEFT - 8} y={HEIGHT} text-anchor="end">
        0
      </text>
      <line class="axis" x1={LEFT} x2={width} y1={0.5} y2={0.5} stroke-dasharray="3 4" />
      {cycles.map((cycle, at) => (
        <Bar cycle={cycle} left={LEFT + at * (BAR + GAP) + GAP / 2} most={most} now={now} />
      ))}
      <line class="axis" x1={LEFT} x2={width} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} />
    </svg>
  );
}

const Legend = () => (
  <ul class="legend" aria-hidden="true">
    {SERIES.map(({ name, className }) => (
      <li>
        <svg viewBox="0 0 10 10">
          <title>{name}</title>
          <rect class={className} width="10" height="10" />
        </svg>
        {name}
      </li>
    ))}
  </ul>
);

/** How high each part is drawn; what small parts get on top, the largest gives. */
function heightsOf(numbers: readonly number[], most: number): readonly number[] {
  const heights = numbers.map((number) => Math.max(LEAST, (number / most) * HEIGHT));
  const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);
  const excess = sum(heights) - Math.max(LEAST * heights.length, (sum(numbers) / most) * HEIGHT);
  const largest = heights.indexOf(Math.max(...heights));
  return heights.map((height, at) => (at === largest ? height - excess : height));
}

function Bar(props: { readonly cycle: CycleStatus; readonly left: number; readonly most: number; readonly now: Date }) {
  const { cycle, left, most, now } = props;
  const drawn = SERIES.map((series) => ({ ...series, number: series.of(cycle) })).filter(({ number }) => number > 0);
  const heights = heightsOf(
    drawn.map(({ number }) => number),
    most,
  );
  let top = HEIGHT;
  const parts = drawn.map(({ name, className, number }, index) => {
    const height = heights[index] ?? 0;
    top -= height;
    return { name, className, number, height, y: top };
  });
  const at = absolute(cycle.cycle.startedAt, now);
  return (
    <g>
      {parts.map(({ name, className, number, height, y }) => (
        <rect class={className} x={left} y={y.toFixed(1)} width={BAR} height={height.toFixed(1)}>
          <title>{`${at}: ${number} ${name.toLowerCase()}`}</title>
        </rect>
      ))}
      {parts.length === 0 && (
        <text x={left + BAR / 2} y={HEIGHT - 3} text-anchor="middle">
          0
        </text>
      )}
      <text x={left + BAR / 2} y={HEIGHT + 12} text-anchor="middle">
        {at.replace(/^.*?(\d\d:\d\d).*$/, '$1')}
      </text>
    </g>
  );
}
