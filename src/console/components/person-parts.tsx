import type { Link, ObjectType } from '../../core/model';
import type { ComparedAttribute, Comparison } from '../../engine/queries/compare-object';
import type { Explanation } from '../../engine/queries/explain-object';
import { readNames } from '../../engine/read-names';
import { clip } from '../../html';
import type { OwnedMembership } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
import { type Ask, addressOfObject } from '../model';
import { Card, Empty, Facts, Table } from './parts';
import { Foreign, Named, Tag } from './text';

/** Memberships of one object that a page lists. */
const MEMBERSHIPS = 100;

const value = (text: string | null | undefined) =>
  text === undefined ? (
    <span class="soft">–</span>
  ) : text === null ? (
    <span class="soft">(empty)</span>
  ) : (
    <Foreign text={text} max={300} />
  );

const STATES: Readonly<Record<ComparedAttribute['state'], readonly ['good' | 'warn' | 'none', string]>> = {
  same: ['good', 'In sync'],
  differs: ['warn', 'Differs'],
  leftAlone: ['none', 'Not compared'],
};

/** What the mappings make of an object, beside what Zendesk has. */
export function Attributes({ comparison, link }: { readonly comparison: Comparison; readonly link: Link | null }) {
  const { attributes } = comparison;
  if (attributes.length === 0) return null;
  return (
    <Card id="attributes" title="Attributes">
      <Table
        rows={attributes}
        caption="What the mappings make of this object, beside what Zendesk has now."
        columns={[
          {
            head: 'Zendesk attribute',
            cell: ({ name, matchingPriority }) => (
              <>
                <code>{clip(name, 80)}</code> {matchingPriority > 0 && <Tag tone="none">match {matchingPriority}</Tag>}
              </>
            ),
          },
          {
            head: 'From Entra ID',
            cell: ({ source }) => (source === '' ? <span class="soft">(default only)</span> : <code>{clip(source, 400)}</code>),
          },
          { head: 'Wanted', width: 'wide', cell: ({ wanted }) => value(wanted) },
          { head: 'In Zendesk', width: 'wide', cell: ({ inZendesk }) => value(inZendesk) },
          ...(link
            ? [
                {
                  head: 'State',
                  width: 'tight' as const,
                  cell: ({ state }: ComparedAttribute) => <Tag tone={STATES[state][0]}>{STATES[state][1]}</Tag>,
                },
              ]
            : []),
        ]}
      />
    </Card>
  );
}

interface ShownMembership {
  readonly id: string;
  readonly name: string | undefined;
  readonly targetId: string;
  readonly isLeaving: boolean;
}

/** The Zendesk memberships that this app made or took over, by the Entra object on their other side. */
export async function membershipsOf({ app }: Ask, { type, id }: ObjectKey): Promise<readonly ShownMembership[]> {
  const { links } = app.deps;
  const owned: OwnedMembership[] = [];
  if (type === 'user') owned.push(...(await links.membershipsOfUser(id)));
  else
    for await (const page of links.membershipsOfGroup(id)) {
      owned.push(...page);
      if (owned.length >= MEMBERSHIPS) break;
    }
  const other = type === 'user' ? 'group' : 'user';
  const shown = owned.slice(0, MEMBERSHIPS);
  const idOf = (one: (typeof owned)[number]) => (type === 'user' ? one.groupId : one.userId);
  const names = await readNames(
    app.deps,
    shown.map((one) => ({ type: other, id: idOf(one) })),
  );
  return shown.map((one) => ({
    id: idOf(one),
    name: names.get(idOf(one)),
    targetId: type === 'user' ? one.targetGroupId : one.targetUserId,
    isLeaving: one.leavingIn !== undefined,
  }));
}

/** The memberships of one object, each with where it comes from. */
export function Memberships({
  type,
  memberships,
}: {
  readonly type: ObjectType;
  readonly memberships: readonly ShownMembership[];
}) {
  const other = type === 'user' ? 'group' : 'user';
  return (
    <Card id="memberships" title={type === 'user' ? 'Groups in Zendesk' : 'Members in Zendesk'}>
      {memberships.length === 0 ? (
        <Empty>
          This app has not put {type === 'user' ? 'this person into any group' : 'anybody into this group'}. Only agents can be
          members of groups.
        </Empty>
      ) : (
        <Table
          rows={memberships}
          caption={
            memberships.length === MEMBERSHIPS
              ? `The first ${MEMBERSHIPS}.`
              : `${memberships.length}, each with the object of Entra ID that it comes from.`
          }
          columns={[
            {
              head: type === 'user' ? 'From the Entra group' : 'Person',
              cell: ({ id, name }) => (
                <a href={addressOfObject({ type: other, id })}>
                  <Named name={name} id={id} />
                </a>
              ),
            },
            { head: `Zendesk ${other}`, cell: ({ targetId }) => <code>{targetId}</code> },
            {
              head: 'State',
              cell: ({ isLeaving }) => (isLeaving ? <Tag tone="warn">To be removed</Tag> : <Tag tone="good">Member</Tag>),
            },
          ]}
        />
      )}
    </Card>
  );
}

/** One object as Entra ID has it. */
export function Identity({ ask, explanation: { object, isImported } }: { readonly ask: Ask; readonly explanation: Explanation }) {
  const rows = Object.entries(object.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <Card id="entra" title="In Entra ID">
      <Facts
        facts={[
          ['Object id', <code>{object.id}</code>],
          ['Kind', object.type],
          ['Read', isImported ? 'by a cycle' : 'just now'],
          ['Deleted', object.deleted],
        ]}
      />
      <details>
        <summary>{rows.length} attributes that the mappings read</summary>
        <Table
          rows={rows}
          columns={[
            { head: 'Attribute', cell: ([name]) => <code>{clip(name, 80)}</code> },
            { head: 'Value', cell: ([, one]) => value(one === null ? null : Array.isArray(one) ? one.join(', ') : String(one)) },
          ]}
        />
      </details>
      {ask.can('Read') && isImported && (
        <p class="soft">Attributes are those that the mappings in use read; a cycle reads no others.</p>
      )}
    </Card>
  );
}
