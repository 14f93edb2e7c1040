import { capital } from '../../core/held-words';
import type { ProvisioningLogEntry } from '../../core/record';
import { outcomeWords } from '../../engine/queries/outcome-words';
import { clip } from '../../html';
import { ACTIONS, namesIn, STAGES, Subject, TONES } from '../components/log-table';
import { Card, Change, Empty, Facts, type Station, StepsLine, Table } from '../components/parts';
import { Foreign, readable, Tag, When } from '../components/text';
import { type Ask, addressOf, type ConsolePage, type View } from '../model';
import * as refusals from '../refusals';

async function show({ app, params, now }: Ask): Promise<View> {
  const entry = await app.deps.log.read(params['cycle'] ?? '', params['change'] ?? '');
  if (!entry) return refusals.notFound('The log has no such entry. Entries are kept for the days that LOG_RETENTION_DAYS says.');
  const { status, errorInformation } = entry.provisioningStatusInfo;
  const names = await namesIn(app.deps, [entry]);
  return {
    title: `${ACTIONS[entry.provisioningAction] ?? entry.provisioningAction}: ${entry.sourceIdentity.displayName || entry.sourceIdentity.id}`,
    main: (
      <>
        <section class="card" aria-label="Outcome">
          <p>
            <Tag tone={TONES[status]}>{status}</Tag> <Foreign text={readable(outcomeWords(entry), names, now)} max={1_000} />
          </p>
          <StepsLine stations={entry.provisioningSteps.map((step) => stationOf(step, names, now))} />
        </section>
        {errorInformation && (
          <Card id="error" title="What was wrong">
            <p>
              <code>{clip(errorInformation.errorCode, 80)}</code>: <Foreign text={errorInformation.reason} max={800} />
            </p>
            {errorInformation.additionalDetails !== null && (
              <p>
                Zendesk’s own words:{' '}
                <q>
                  <Foreign text={errorInformation.additionalDetails} max={800} />
                </q>
              </p>
            )}
            <p>{errorInformation.recommendedAction}</p>
          </Card>
        )}
        <Card id="changes" title="Old and new values">
          {entry.modifiedProperties.length === 0 ? (
            <Empty>No attribute was changed.</Empty>
          ) : (
            <Table
              rows={entry.modifiedProperties}
              columns={[
                { head: 'Attribute', cell: ({ displayName }) => <code>{clip(displayName, 80)}</code> },
                { head: 'Change', cell: ({ oldValue, newValue }) => <Change from={oldValue} to={newValue} /> },
              ]}
            />
          )}
        </Card>
        <About entry={entry} now={now} />
        <Details entry={entry} />
      </>
    ),
  };
}

const stationOf = (
  step: ProvisioningLogEntry['provisioningSteps'][number],
  names: ReadonlyMap<string, string>,
  now: Date,
): Station => ({
  name: STAGES[step.provisioningStepType],
  tone: TONES[step.status],
  word: capital(step.status),
  text: <Foreign text={readable(step.description, names, now)} max={600} />,
});

const optional = (name: string, text: string) => (text === '' ? [] : [[name, <code>{clip(text, 80)}</code>] as const]);

const About = ({ entry, now }: { readonly entry: ProvisioningLogEntry; readonly now: Date }) => (
  <Card id="about" title="About this entry">
    <Facts
      facts={[
        ['Object', <Subject entry={entry} />],
        ['Entra object id', <code>{clip(entry.sourceIdentity.id, 80)}</code>],
        ['Zendesk id', entry.targetIdentity.id === '' ? '–' : <code>{clip(entry.targetIdentity.id, 80)}</code>],
        ['When', <When at={entry.activityDateTime} now={now} />],
        ['By', <Foreign text={entry.initiatedBy.displayName} max={120} />],
        ...optional('Their object id', entry.initiatedBy.id),
        ['Took', `${entry.durationInMilliseconds} ms`],
        ['Tries', entry.attempts],
        ['Cycle', <a href={addressOf('log', { cycle: entry.cycleId })}>{clip(entry.cycleId, 80)}</a>],
        ['Change', <code>{clip(entry.changeId, 80)}</code>],
        ...optional('Reason of the skip', entry.skipReason ?? ''),
      ]}
    />
  </Card>
);

/** What the steps say besides, name by name. */
function Details({ entry }: { readonly entry: ProvisioningLogEntry }) {
  const rows = entry.provisioningSteps.flatMap((step) =>
    Object.entries(step.details).map(([name, value]) => ({ step: step.name, name, value })),
  );
  if (rows.length === 0) return null;
  return (
    <Card id="details" title="Details of the steps">
      <Table
        rows={rows}
        columns={[
          { head: 'Step', cell: ({ step }) => clip(step, 80) },
          { head: 'Name', cell: ({ name }) => <code>{clip(name, 80)}</code> },
          { head: 'Value', cell: ({ value }) => <Foreign text={String(value)} max={400} /> },
        ]}
      />
    </Card>
  );
}

/** One entry of the log: its steps, old and new values, and who set it off. */
export const logEntryPage: ConsolePage = { path: 'log/:cycle/:change', title: 'Entry of the log', role: 'Read', show };
