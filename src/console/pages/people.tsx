import type { Child } from 'hono/jsx';
import { idsIn } from '../../core/held-words';
import { type ObjectType, sourceId } from '../../core/model';
import { SKIP_REASONS } from '../../core/scope';
import { findSubject, type SubjectHit } from '../../engine/find-subject';
import { type ListedObject, listPeople } from '../../engine/queries/list-people';
import { readNames } from '../../engine/read-names';
import { SelectField, TextField } from '../components/form';
import { LogTable } from '../components/log-table';
import { Card, Empty, Notice, Table } from '../components/parts';
import { Foreign, Id, readable, Tag } from '../components/text';
import { type Ask, addressOf, addressOfObject, type ConsolePage, type View } from '../model';
import { failures, tryAgain } from './failures';

const PAGE = 50;
/** How long a search goes through what the cycles have read, before it asks the log and Entra ID. */
const QUICK_MS = 150;

const FILTERS = [
  ['all', 'Everybody'],
  ['in', 'In scope'],
  ['out', 'Out of scope'],
  ['failed', 'Failed'],
  ['held', 'Held by the brake'],
  ['skipped', 'Skipped, newest first'],
] as const;

interface Fields {
  readonly q: string;
  readonly type: ObjectType;
  readonly show: (typeof FILTERS)[number][0];
  readonly code: string;
  readonly reason: string;
}

function fieldsOf(query: URLSearchParams): Fields {
  const text = (name: string): string => (query.get(name) ?? '').trim().slice(0, 320);
  const show = FILTERS.find(([name]) => name === query.get('show'))?.[0] ?? 'all';
  return {
    q: text('q'),
    type: query.get('type') === 'group' ? 'group' : 'user',
    show,
    code: text('code'),
    reason: text('reason'),
  };
}

async function show(ask: Ask): Promise<View> {
  const fields = fieldsOf(ask.query);
  if (fields.q !== '') return searched(ask, fields);
  if (fields.show === 'held') return { main: null, redirect: addressOf('held') };
  return { main: page(fields, await listed(ask, fields)) };
}

const page = (fields: Fields, list: Child) => (
  <>
    <Search fields={fields} />
    {list}
  </>
);

/** By the one search that finds somebody everywhere: by id on either side, address, name or a part of one. */
async function searched(ask: Ask, fields: Fields): Promise<View> {
  const isWhole = ask.query.get('whole') === 'yes';
  const found = await findSubject(ask.app.deps, fields.q, undefined, isWhole ? undefined : QUICK_MS);
  const whole = isWhole ? undefined : addressOf('people', { q: fields.q, whole: 'yes' });
  switch (found.kind) {
    case 'one':
      return { main: null, redirect: addressOfObject(found.key) };
    case 'several':
      return { main: page(fields, <Hits hits={found.hits} isComplete={found.isComplete} whole={whole} />) };
    case 'target':
      return { main: page(fields, <Nobody text="This app has never touched the Zendesk account or group with this id." />) };
    case 'unreadable':
      return { main: page(fields, <Nobody text="This is longer than any name." />) };
    case 'none':
      return {
        main: page(
          fields,
          <Nobody
            text={
              found.isComplete
                ? 'Neither the cycles nor the log know anybody of this name, and Entra ID has no such address. People who are not assigned are found by their id, UPN or address.'
                : 'Nobody was found by this name, neither in the log nor in Entra ID.'
            }
            whole={found.isComplete ? undefined : whole}
          />,
        ),
      };
  }
}

/** @param whole where the search goes through everything */
const Nobody = ({ text, whole }: { readonly text: string; readonly whole?: string | undefined }) => (
  <Notice tone="warn">
    <p>{text}</p>
    {whole !== undefined && <Whole address={whole} />}
  </Notice>
);

const Whole = ({ address }: { readonly address: string }) => (
  <p>
    <a href={address}>Search everything that the cycles have read</a> (takes some seconds)
  </p>
);

interface HitsProps {
  readonly hits: readonly SubjectHit[];
  readonly isComplete: boolean;
  readonly whole: string | undefined;
}

const Hits = ({ hits, isComplete, whole }: HitsProps) => (
  <Card id="found" title="Which one?">
    {!isComplete && whole !== undefined && <Whole address={whole} />}
    <Table
      rows={hits}
      caption={isComplete ? `${hits.length} found.` : `${hits.length} found, and there may be more: name them more exactly.`}
      columns={[
        {
          head: 'Name',
          cell: ({ key, displayName }) => (
            <a href={addressOfObject(key)}>
              <Foreign text={displayName ?? key.id} max={80} />
            </a>
          ),
        },
        { head: 'Kind', cell: ({ key }) => key.type },
        { head: 'Address', cell: ({ address }) => (address === null ? '–' : <Foreign text={address} max={120} />) },
        { head: 'Entra object id', cell: ({ key }) => <Id id={key.id} /> },
      ]}
    />
  </Card>
);

const Search = ({ fields }: { readonly fields: Fields }) => (
  <section class="card" aria-label="Search and filter">
    <search>
      <form method="get" action={addressOf('people')} class="row">
        <TextField id="q" name="q" type="search" label="Name, part of one, address, Entra or Zendesk id" value={fields.q} />
        <button type="submit">Find</button>
      </form>
    </search>
    <form method="get" action={addressOf('people')} class="row">
      <SelectField id="show" name="show" label="Show" value={fields.show} options={FILTERS} />
      <SelectField
        id="type"
        name="type"
        label="Kind"
        value={fields.type}
        options={[
          ['user', 'People'],
          ['group', 'Groups'],
        ]}
      />
      <SelectField
        id="reason"
        name="reason"
        label="Reason (of what was skipped)"
        value={fields.reason}
        options={[['', 'Any'], ...SKIP_REASONS.map((reason) => [reason, reason] as const)]}
      />
      <button type="submit" class="second">
        Show
      </button>
    </form>
  </section>
);

const nextPage = (fields: Fields, after: string) =>
  addressOf('people', { show: fields.show, type: fields.type, code: fields.code, reason: fields.reason, after });

async function listed(ask: Ask, fields: Fields): Promise<Child> {
  if (fields.show === 'failed') return failures(ask, fields.code, (after) => nextPage(fields, after));
  if (fields.show === 'skipped') return skipped(ask, fields);
  const which = fields.show === 'in' || fields.show === 'out' ? fields.show : 'all';
  const after = ask.query.get('after') ?? undefined;
  const { rows, next } = await listPeople(ask.app.deps, fields.type, which, PAGE, isId(after) ? after : undefined);
  const pathGroups = rows.flatMap(({ object }) => object.entitlements[0]?.path ?? []);
  const mentioned = idsIn(rows.map(({ decision }) => decision.reason)).map((id) => sourceId(id));
  const names = await readNames(
    ask.app.deps,
    [...new Set([...pathGroups, ...mentioned])].map((id) => ({ type: 'group' as const, id })),
  );
  return (
    <Card id="list" title={fields.type === 'user' ? 'People' : 'Groups'}>
      {rows.length === 0 ? (
        <Empty>
          {next === undefined
            ? 'There is nobody to show. What no cycle has read is not here; it is found by the search above.'
            : 'Nobody was found so far.'}
        </Empty>
      ) : (
        <People rows={rows} names={names} now={ask.now} />
      )}
      {next !== undefined && (
        <p class="pages">
          <a rel="next" href={nextPage(fields, next)} data-continue={rows.length === 0 ? 'list' : undefined}>
            {rows.length < PAGE ? 'Continue the search' : 'More'}
          </a>
        </p>
      )}
    </Card>
  );
}

const isId = (text: string | undefined): boolean => text !== undefined && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

const People = (props: {
  readonly rows: readonly ListedObject[];
  readonly names: ReadonlyMap<string, string>;
  readonly now: Date;
}) => {
  const { rows, names, now } = props;
  return (
    <Table
      rows={rows}
      columns={[
        {
          head: 'Name',
          width: 'wide',
          cell: ({ object }) => (
            <>
              <a href={addressOfObject(object)}>
                <Foreign text={textOf(object.attributes['displayName']) ?? object.id} max={80} />
              </a>{' '}
              <small class="soft">
                <Foreign
                  text={textOf(object.attributes['userPrincipalName']) ?? textOf(object.attributes['mail']) ?? ''}
                  max={80}
                />
              </small>
            </>
          ),
        },
        {
          head: 'Scope',
          cell: ({ decision }) => (
            <>
              <Tag tone={decision.kind === 'in' ? 'good' : decision.kind === 'out' ? 'none' : 'warn'}>
                {decision.kind === 'in' ? 'in' : decision.kind === 'out' ? 'out' : 'not known'}
              </Tag>{' '}
              <Foreign text={readable(decision.reason, names, now)} max={200} />
            </>
          ),
        },
        {
          head: 'Role',
          cell: ({ decision }) =>
            decision.kind === 'in' && decision.roles[0] ? <Foreign text={decision.roles[0].role.displayName} max={60} /> : '–',
        },
        {
          head: 'In Zendesk',
          cell: ({ link }) =>
            link ? (
              <>
                <Id id={link.targetId} /> {(link.disabledByUs || link.suspendedByOthers) && <Tag tone="warn">suspended</Tag>}
              </>
            ) : (
              <span class="soft">no account</span>
            ),
        },
      ]}
    />
  );
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Objects that were skipped, as the log has them. */
async function skipped(ask: Ask, fields: Fields): Promise<Child> {
  const after = ask.query.get('after') ?? undefined;
  const query = { statuses: ['skipped' as const], ...(fields.reason !== '' && { skipReason: fields.reason }) };
  const { entries, next } = await ask.app.deps.log.query(query, PAGE, after);
  return (
    <Card id="list" title="Skipped">
      <LogTable entries={entries} now={ask.now} />
      {next !== undefined && (
        <p class="pages">
          <a rel="next" href={nextPage(fields, next)}>
            More
          </a>
        </p>
      )}
    </Card>
  );
}

/** People and groups: found by whatever names them, or listed. */
export const peoplePage: ConsolePage = {
  path: 'people',
  title: 'People and groups',
  nav: { label: 'People', order: 20 },
  role: 'Read',
  show,
  acts: { tryAgain },
};
