import { idsIn } from '../../core/held-words';
import { sourceId } from '../../core/model';
import type { ProvisioningLogEntry, ProvisioningStatus } from '../../core/record';
import type { EngineDeps } from '../../engine/deps';
import { outcomeWords } from '../../engine/queries/outcome-words';
import { readNames } from '../../engine/read-names';
import { clip } from '../../html';
import { addressOf, addressOfObject } from '../model';
import { Empty, Table } from './parts';
import { Foreign, readable, Tag, type Tone, When } from './text';

/** Names of the groups that the outcomes of entries mention. */
export const namesIn = (
  deps: Pick<EngineDeps, 'space'>,
  entries: readonly ProvisioningLogEntry[],
): Promise<ReadonlyMap<string, string>> =>
  readNames(
    deps,
    idsIn(
      entries.flatMap((entry) => [outcomeWords(entry), ...entry.provisioningSteps.map(({ description }) => description)]),
    ).map((id) => ({ type: 'group' as const, id: sourceId(id) })),
  );

/** The tone of how an entry ended. */
export const TONES: Readonly<Record<ProvisioningStatus, Tone>> = {
  success: 'good',
  warning: 'warn',
  failure: 'bad',
  skipped: 'none',
};

/** What an action of the log is called. */
export const ACTIONS: Readonly<Record<string, string>> = {
  create: 'Create',
  update: 'Update',
  delete: 'Delete',
  stagedDelete: 'Held removal',
  disable: 'Disable',
  other: 'Other',
};

/** Entries of the log, each leading to all that is known of it. @param showsObject false on the page of one object */
export function LogTable(props: {
  readonly entries: readonly ProvisioningLogEntry[];
  readonly now: Date;
  readonly showsObject?: boolean;
  /** Of what the entries mention, by id. */
  readonly names?: ReadonlyMap<string, string>;
}) {
  const { entries, now, showsObject = true, names = new Map() } = props;
  if (entries.length === 0) return <Empty>There are no entries.</Empty>;
  return (
    <Table
      rows={entries}
      columns={[
        {
          head: 'When',
          width: 'tight',
          cell: (entry) => (
            <a href={entryAddress(entry)}>
              <When at={entry.activityDateTime} now={now} />
            </a>
          ),
        },
        ...(showsObject
          ? [{ head: 'Object', width: 'wide' as const, cell: (entry: ProvisioningLogEntry) => <Subject entry={entry} /> }]
          : []),
        { head: 'Action', cell: ({ provisioningAction }) => ACTIONS[provisioningAction] ?? provisioningAction },
        {
          head: 'Outcome',
          cell: (entry) => (
            <>
              <Tag tone={TONES[entry.provisioningStatusInfo.status]}>{entry.provisioningStatusInfo.status}</Tag>{' '}
              {entry.skipReason !== null && <code>{clip(entry.skipReason, 80)}</code>}{' '}
              {entry.provisioningStatusInfo.errorInformation && (
                <code>{clip(entry.provisioningStatusInfo.errorInformation.errorCode, 80)}</code>
              )}{' '}
              <Foreign text={readable(outcomeWords(entry), names, now)} max={300} />{' '}
              {entry.initiatedBy.initiatorType === 'user' && (
                <small class="soft">
                  by <Foreign text={entry.initiatedBy.displayName} max={60} />
                </small>
              )}
            </>
          ),
        },
      ]}
    />
  );
}

/** What the stages of the way are called. */
export const STAGES: Readonly<Record<ProvisioningLogEntry['provisioningSteps'][number]['provisioningStepType'], string>> = {
  import: 'Entra ID',
  scoping: 'Scope',
  matching: 'Match',
  processing: 'Mapping',
  export: 'Zendesk',
  referenceResolution: 'Memberships',
};

/** The page of one entry. */
export const entryAddress = ({ cycleId, changeId }: ProvisioningLogEntry): string =>
  addressOf(`log/${encodeURIComponent(cycleId)}/${encodeURIComponent(changeId)}`);

/** The object of an entry, leading to its page where it has one. */
export function Subject({ entry: { sourceIdentity } }: { readonly entry: ProvisioningLogEntry }) {
  const { id, displayName, identityType, details } = sourceIdentity;
  const about = details['userPrincipalName'] ?? details['mail'];
  if (identityType === 'ServicePrincipal') return <Foreign text={displayName || id} max={80} />;
  return (
    <>
      <a href={addressOfObject({ type: identityType === 'Group' ? 'group' : 'user', id })}>
        <Foreign text={displayName || about || id} max={80} />
      </a>{' '}
      <small class="soft">
        {identityType.toLowerCase()}
        {about !== undefined && about !== displayName && (
          <>
            , <Foreign text={about} max={80} />
          </>
        )}
      </small>
    </>
  );
}
