import { plainRemoval, REMOVAL_KINDS } from '../../core/brake';
import { capital } from '../../core/held-words';
import { isHeld, seatsAfter } from '../../functions/plan-body';
import { clip } from '../../html';
import type { PlanHeader, PlanRow, PlanSeats } from '../../ports/plan-store';
import { addressOfObject } from '../model';
import { Card, Change, Facts, Notice, Table } from './parts';
import { counted, Foreign, readable, Tag, type Tone } from './text';
import { Tick } from './tick';

/** What a plan would do, by the word under which it is counted. */
export const PLANNED: Readonly<Record<string, string>> = {
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

/** What a plan would do, in numbers. */
export function Counts({ header }: { readonly header: PlanHeader }) {
  const order = Object.keys(PLANNED);
  const counts = Object.entries(header.counts).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const removals = REMOVAL_KINDS.flatMap((kind) =>
    (header.removals[kind] ?? 0) > 0 ? [[capital(plainRemoval(kind)), header.removals[kind] ?? 0] as const] : [],
  );
  return (
    <Card id="counts" title="What it would do">
      <Facts facts={counts.map(([action, count]) => [PLANNED[action] ?? action, count] as const)} />
      {removals.length > 0 && (
        <>
          <h3>Of these, access taken away</h3>
          <Facts facts={removals} />
        </>
      )}
      {header.seats && header.seats.needed + header.seats.freed > 0 && <SeatFacts seats={header.seats} />}
    </Card>
  );
}

/** The agent seats before and after, and whether they are enough. */
const SeatFacts = ({ seats }: { readonly seats: PlanSeats }) => (
  <>
    <h3>Agent seats</h3>
    {seats.missing > 0 && (
      <Notice tone="warn">
        {counted(seats.missing, 'seat is', 'seats are')} missing: these people wait, in the order of their object ids.
      </Notice>
    )}
    <Facts
      facts={[
        ['Used now', seats.before],
        ['Used afterwards', seatsAfter(seats)],
        ['Bought', seats.bought ?? 'AGENT_SEATS is not set'],
        ['Needed by this plan', seats.needed],
        ['Given back by it', seats.freed],
      ]}
    />
  </>
);

const ROW_TONES: Readonly<Record<string, Tone>> = { create: 'good', update: 'busy', disable: 'bad', delete: 'bad' };

/** The objects of a plan, with old and new values. */
export const RowTable = ({
  header,
  rows,
  canTick,
  now,
}: {
  readonly header: PlanHeader;
  readonly rows: readonly PlanRow[];
  readonly canTick: boolean;
  readonly now: Date;
}) => (
  <Table
    rows={rows}
    columns={[
      {
        head: 'Object',
        cell: (row) => (
          <>
            {canTick && row.outcome === 'planned' && (
              <Tick name="ids" value={row.key.id} id={`tick-${row.key.id}`} label={row.name || row.key.id} />
            )}
            <a href={addressOfObject(row.key)}>
              <Foreign text={row.name || row.key.id} max={80} />
            </a>{' '}
            <small class="soft">{row.key.type}</small>
          </>
        ),
      },
      {
        head: 'Action',
        cell: (row) => (
          <>
            <Tag tone={row.outcome === 'failed' ? 'bad' : row.outcome === 'planned' ? (ROW_TONES[row.action] ?? 'none') : 'none'}>
              {row.outcome === 'planned' ? row.action : row.drift ? 'reported' : row.outcome}
            </Tag>{' '}
            {row.removal && <Tag tone="bad">takes access away</Tag>}{' '}
            {isHeld(header, row) && <Tag tone="warn">held by the brake</Tag>}{' '}
            {row.applied !== null && <Tag tone={row.applied === 'enqueued' ? 'good' : 'warn'}>{row.applied}</Tag>}
          </>
        ),
      },
      {
        head: 'Changes',
        width: 'wide',
        cell: ({ changes, drift }) =>
          changes.length + (drift?.reported.length ?? 0) === 0 ? (
            '–'
          ) : (
            <>
              {changes.map((one) => (
                <div>
                  <code>{clip(one.displayName, 80)}</code>: <Change from={one.oldValue} to={one.newValue} />
                </div>
              ))}
              {drift?.reported.map((one) => (
                <div>
                  <Tag tone="none">only reported</Tag> <code>{clip(one.displayName, 80)}</code>:{' '}
                  <Foreign text={one.oldValue ?? '(none)'} max={120} /> in Zendesk,{' '}
                  <Foreign text={one.newValue ?? '(none)'} max={120} /> in Entra ID
                </div>
              ))}
            </>
          ),
      },
      { head: 'Why', cell: ({ refusal, reason }) => <Foreign text={readable(refusal ?? reason, new Map(), now)} max={400} /> },
    ]}
  />
);
