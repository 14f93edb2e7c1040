import { filterWords } from '../../core/filter/filter-words';
import type { ObjectType } from '../../core/model';
import { actionWords, FLOW_WORDS, type MappingDifference, sourceWords } from '../../core/schema/differences';
import { mappingOf } from '../../core/schema/edit';
import type { AttributeMapping, ObjectMapping, ProvisioningSchema } from '../../core/schema/model';
import { addressOf } from '../model';
import { Card, type Column, Empty, Facts, Table } from './parts';
import { clip, Foreign } from './text';

/** The page on which one mapping is edited. @param target undefined adds one */
export const editAddress = (version: number, type: ObjectType, target: string | undefined): string =>
  addressOf(`mappings/${version}/edit/${type}${target === undefined ? '' : `/${encodeURIComponent(target)}`}`);

/** The page on which the scope and the actions of one kind of object are edited. */
export const scopeAddress = (version: number, type: ObjectType): string => addressOf(`mappings/${version}/scope/${type}`);

/** The page of a version. */
export const versionAddress = (version: number): string => addressOf(`mappings/${version}`);

/** What a version is called. */
export const versionName = (version: number): string => (version === 0 ? 'The file (version 0)' : `Version ${version}`);

const TITLES: Readonly<Record<ObjectType, string>> = { user: 'Users', group: 'Groups' };

interface Shown {
  readonly schema: ProvisioningSchema;
  readonly version: number;
  readonly canEdit: boolean;
}

/** The mappings of users and of groups, as the portal shows them. */
export const MappingTables = (shown: Shown) => (
  <>
    <MappingCard {...shown} type="user" />
    <MappingCard {...shown} type="group" />
  </>
);

function MappingCard({ schema, version, canEdit, type }: Shown & { readonly type: ObjectType }) {
  const mapping = mappingOf(schema, type);
  if (!mapping)
    return (
      <Card id={`of-${type}`} title={TITLES[type]}>
        <Empty>Groups are not provisioned: these mappings have none for groups, or it is not enabled.</Empty>
      </Card>
    );
  return (
    <Card id={`of-${type}`} title={TITLES[type]}>
      <Scope mapping={mapping} />
      {canEdit && (
        <p>
          <a class="button second" href={scopeAddress(version, type)}>
            Edit scope and actions of {type === 'user' ? 'users' : 'groups'} …
          </a>
        </p>
      )}
      <h3>What a Zendesk {type} gets</h3>
      <Table rows={mapping.mappings} columns={columnsOf(version, type, canEdit)} />
      {canEdit && (
        <p>
          <a class="button second" href={editAddress(version, type, undefined)}>
            Add a mapping for {type === 'user' ? 'users' : 'groups'} …
          </a>
        </p>
      )}
    </Card>
  );
}

function Scope({ mapping }: { readonly mapping: ObjectMapping }) {
  const groups = filterWords(mapping.scope);
  const order = mapping.matching.map(({ target }) => target.name).join(', then ');
  return (
    <Facts
      facts={[
        ['Target object actions', actionWords(mapping)],
        ['Matching attributes', order],
        [
          'Scope',
          groups.length === 0 ? (
            'Everybody who is assigned'
          ) : (
            <ul class="plain">
              {groups.map((words, at) => (
                <li>
                  {at > 0 && 'or: '}
                  <Foreign text={words} max={2_000} />
                </li>
              ))}
            </ul>
          ),
        ],
      ]}
    />
  );
}

const columnsOf = (version: number, type: ObjectType, canEdit: boolean): readonly Column<AttributeMapping>[] => [
  {
    head: 'Zendesk attribute',
    cell: ({ target: { name } }) =>
      canEdit ? <a href={editAddress(version, type, name)}>{clip(name, 120)}</a> : clip(name, 120),
  },
  {
    head: 'From Entra ID',
    cell: (one) => (
      <>
        {one.source.kind === 'none' ? sourceWords(one) : <code>{clip(sourceWords(one), 600)}</code>}
        {one.isInverted && ' (the opposite of it)'}
      </>
    ),
  },
  {
    head: 'Matching precedence',
    isNumber: true,
    cell: ({ matchingPriority }) => (matchingPriority === 0 ? '' : matchingPriority),
  },
  { head: 'Applied', cell: ({ flowType }) => FLOW_WORDS[flowType] },
  { head: 'Default value', cell: ({ defaultValue }) => (defaultValue === null ? '' : <Foreign text={defaultValue} max={120} />) },
  {
    head: 'Without a value',
    cell: ({ flowNullValues }) => (flowNullValues === 'clear' ? 'Zendesk is emptied' : 'left alone'),
  },
];

/** In what versions differ, one sentence for each. @param max sentences that are shown */
export function Differences({ list, max = 200 }: { readonly list: readonly MappingDifference[]; readonly max?: number }) {
  if (list.length === 0) return <Empty>Nothing: both decide the same.</Empty>;
  return (
    <ul class="plain">
      {list.slice(0, max).map(({ text }) => (
        <li>
          <Foreign text={text} max={700} />
        </li>
      ))}
      {list.length > max && <li>and {list.length - max} more</li>}
    </ul>
  );
}
