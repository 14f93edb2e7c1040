import { asGraphEntry } from '../../core/graph-entry';
import { csvWriter, download, jsonWriter } from '../../functions/download';
import { CSV_PARTS, type CsvPart, csvColumns, csvFileName, csvRows } from '../../functions/log-csv';
import { InvalidLogQueryError } from '../../ports/provisioning-log';
import { SelectField, TextField } from '../components/form';
import { ACTIONS, entryAddress, LogTable, namesIn } from '../components/log-table';
import { Card, Empty } from '../components/parts';
import { everyPage, type LogFields, logFields, queryOf } from '../log-filter';
import { type Ask, addressOf, type ConsoleDownload, type ConsolePage, type View } from '../model';
import * as refusals from '../refusals';

const PAGE = 50;

async function show(ask: Ask): Promise<View> {
  const { log } = ask.app.deps;
  const change = ask.query.get('change');
  if (change !== null) {
    const [entry] = (await log.query({ changeId: change }, 1)).entries;
    return entry
      ? { main: null, redirect: entryAddress(entry) }
      : refusals.notFound('The log has no entry of this change any more.');
  }
  const fields = logFields(ask.query);
  try {
    const { entries, next } = await log.query(queryOf(fields), PAGE, ask.query.get('next') ?? undefined);
    const names = await namesIn(ask.app.deps, entries);
    return {
      main: (
        <>
          <Filter fields={fields} />
          <Card id="entries" title="Entries">
            {entries.length === 0 && next !== undefined ? (
              <Empty>Nothing was found so far: the search has looked at a part of the log. Continue it below.</Empty>
            ) : (
              <LogTable entries={entries} now={ask.now} names={names} />
            )}
            {fields.cycle && entries.length > 0 && (
              <p>
                <a href={addressOf(`undo/${encodeURIComponent(fields.cycle)}`)}>Undo this cycle</a>
              </p>
            )}
            {next !== undefined && (
              <p class="pages">
                <a href={addressOf('log', { ...fields, next })} rel="next">
                  {entries.length === 0 ? 'Continue the search' : 'Older entries'}
                </a>
              </p>
            )}
          </Card>
          <Downloads fields={fields} />
        </>
      ),
    };
  } catch (error) {
    if (error instanceof InvalidLogQueryError)
      return refusals.notFound('This part of the log cannot be found again. Begin at its newest entries.');
    throw error;
  }
}

const any = (label: string) => ['', label] as const;

/** The filter, whose address can be kept and passed on. */
const Filter = ({ fields }: { readonly fields: LogFields }) => (
  <search class="card" aria-label="Filter">
    <form method="get" action={addressOf('log')} class="row">
      <TextField id="name" name="name" label="Name, address or part of one" value={fields.name} type="search" />
      <SelectField
        id="status"
        name="status"
        label="Outcome"
        value={fields.status}
        options={[any('Any'), ['success', 'Success'], ['warning', 'Warning'], ['failure', 'Failure'], ['skipped', 'Skipped']]}
      />
      <SelectField
        id="action"
        name="action"
        label="Action"
        value={fields.action}
        options={[any('Any'), ...Object.entries(ACTIONS)]}
      />
      <TextField id="from" name="from" label="From (day, UTC)" value={fields.from} type="date" />
      <TextField id="until" name="until" label="Until (day, UTC)" value={fields.until} type="date" />
      <TextField id="reason" name="reason" label="Reason of a skip" value={fields.reason} />
      <TextField id="code" name="code" label="Code of a failure" value={fields.code} />
      <TextField id="object" name="object" label="Entra object id" value={fields.object} />
      <TextField id="cycle" name="cycle" label="Cycle id" value={fields.cycle} />
      <button type="submit">Filter</button>
      <a href={addressOf('log')}>Everything</a>
    </form>
  </search>
);

const PARTS: Readonly<Record<CsvPart, string>> = { logs: 'Entries', steps: 'Steps', properties: 'Old and new values' };

const Downloads = ({ fields }: { readonly fields: LogFields }) => (
  <Card id="files" title="As files">
    <p>Everything that the filter finds, of whatever size. The three CSV files belong together by changeId.</p>
    <ul class="plain">
      {CSV_PARTS.map((part) => (
        <li>
          <a href={addressOf('log.csv', { ...fields, part })}>{PARTS[part]}, CSV</a>
        </li>
      ))}
      <li>
        <a href={addressOf('log.json', { ...fields })}>Everything, JSON</a>
      </li>
    </ul>
  </Card>
);

/** What happened, and why: the log with a filter. */
export const logPage: ConsolePage = {
  path: 'log',
  title: 'Log',
  nav: { label: 'Log', order: 70 },
  role: 'Read',
  show,
};

const stampOf = (now: Date): string => now.toISOString().slice(0, 19).replaceAll(':', '-');

/** What the log's filter finds, as CSV. */
export const logCsv: ConsoleDownload = {
  path: 'log.csv',
  role: 'Read',
  send: ({ app, query, now }) => {
    const part = CSV_PARTS.find((one) => one === query.get('part')) ?? 'logs';
    const pages = everyPage(app.deps.log, queryOf(logFields(query)));
    return download(
      pages,
      csvWriter(csvColumns(part), (entries) => csvRows(part, entries.map(asGraphEntry)), undefined),
      `${csvFileName(part)}_${stampOf(now)}.csv`,
    );
  },
};

/** What the log's filter finds, as JSON. */
export const logJson: ConsoleDownload = {
  path: 'log.json',
  role: 'Read',
  send: ({ app, query, now }) =>
    download(
      everyPage(app.deps.log, queryOf(logFields(query))),
      jsonWriter(asGraphEntry),
      `ProvisioningLogs_${stampOf(now)}.json`,
    ),
};
