import { z } from 'zod';
import { ConfigError } from '../../core/errors';
import type { MappingDifference } from '../../core/schema/differences';
import { storeMappings } from '../../engine/control/store-mappings';
import {
  compareMappings,
  type ListedVersion,
  listMappings,
  type MappingsList,
  readMappings,
} from '../../engine/queries/read-mappings';
import { MAX_WHY } from '../../functions/shapes/mapping';
import { ActForm, TextField } from '../components/form';
import { Differences, MappingTables, versionAddress, versionName } from '../components/mappings';
import { Card, type Column, Notice, Table } from '../components/parts';
import { Foreign, Since, Tag, When } from '../components/text';
import { type ActResult, type Ask, addressOf, type ConsolePage, defineAct, type View } from '../model';

/** Versions that the page lists, and how many of them say what is different: each of those is read. */
const LISTED = 25;
const COMPARED = 3;
const DIFFERENCES_SHOWN = 4;

async function show(ask: Ask): Promise<View> {
  const { deps } = ask.app;
  const list = await listMappings(deps);
  const active = await usable(() => readMappings(deps));
  const versions = list.versions.slice(0, LISTED);
  const different = new Map<number, readonly MappingDifference[]>();
  for (const { version } of versions.filter((one) => one.version > 0).slice(0, COMPARED)) {
    const found = await usable(() => compareMappings(deps, version, version - 1));
    if (found && !(found instanceof ConfigError)) different.set(version, found);
  }
  return {
    main: (
      <>
        <Standing list={list} now={ask.now} />
        {active instanceof ConfigError && (
          <Notice tone="bad">
            <p>
              <strong>The active mappings cannot be used.</strong> <Foreign text={active.message} max={1_200} />
            </p>
          </Notice>
        )}
        <Versions ask={ask} list={list} versions={versions} different={different} />
        {active && !(active instanceof ConfigError) && (
          <MappingTables schema={active.read.schema} version={active.listed.version} canEdit={ask.can('Operate')} />
        )}
        <Upload ask={ask} />
      </>
    ),
  };
}

/** What was read, or why it cannot be used. */
async function usable<T>(read: () => Promise<T>): Promise<T | ConfigError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function Standing({ list, now }: { readonly list: MappingsList; readonly now: Date }) {
  const active = list.versions.find(({ version }) => version === list.activeVersion)?.active;
  return (
    <>
      <p>
        <strong>{versionName(list.activeVersion)}</strong> is active
        {active?.since && (
          <>
            {' '}
            <Since at={active.since} now={now} />, activated by <Foreign text={active.by ?? ''} max={80} />
            {active.why !== '' && (
              <>
                : <Foreign text={active.why} max={500} />
              </>
            )}
          </>
        )}
        . Each cycle begins with the active version.
      </p>
      {list.versionInUse !== list.activeVersion && (
        <Notice tone="busy">
          <p>
            {versionName(list.versionInUse)} is still in use. The next cycle reads Entra ID for {lower(list.activeVersion)}; from
            then on everybody is provisioned with it.
          </p>
        </Notice>
      )}
      {list.hasFileChanged && (
        <Notice tone="warn">
          <p>
            A deployment has changed the mapping file, and the file is not active. To use it, plan and activate{' '}
            <a href={versionAddress(0)}>version 0</a>.
          </p>
        </Notice>
      )}
    </>
  );
}

const lower = (version: number): string => (version === 0 ? 'the file (version 0)' : `version ${version}`);

interface VersionsProps {
  readonly ask: Ask;
  readonly list: MappingsList;
  readonly versions: readonly ListedVersion[];
  readonly different: ReadonlyMap<number, readonly MappingDifference[]>;
}

function Versions({ ask, list, versions, different }: VersionsProps) {
  const columns: readonly Column<ListedVersion>[] = [
    {
      head: 'Version',
      cell: ({ version, active, isInUse }) => (
        <>
          <a href={versionAddress(version)}>{versionName(version)}</a> {active && <Tag tone="good">active</Tag>}{' '}
          {isInUse && !active && <Tag tone="busy">still in use</Tag>}
        </>
      ),
    },
    {
      head: 'Stored',
      cell: ({ stored }) => (stored ? <When at={stored.storedAt} now={ask.now} /> : 'comes with the deployment'),
    },
    { head: 'By', cell: ({ stored }) => <Foreign text={stored?.storedBy ?? ''} max={60} /> },
    { head: 'Why', cell: ({ stored }) => <Foreign text={stored?.why ?? ''} max={300} /> },
    {
      head: 'Different from the one before',
      cell: ({ version }) => {
        const found = different.get(version);
        if (found) return <Differences list={found} max={DIFFERENCES_SHOWN} />;
        return version === 0 ? '' : <a href={versionAddress(version)}>see the version</a>;
      },
    },
  ];
  return (
    <Card id="versions" title="Versions">
      <Table rows={versions} columns={columns} />
      {list.versions.length > LISTED && (
        <p class="soft">{list.versions.length - LISTED} older ones are not listed; open one by its number in the address.</p>
      )}
    </Card>
  );
}

const Upload = ({ ask }: { readonly ask: Ask }) => (
  <Card id="change" title="Change the mappings">
    <p>
      Open an attribute above to edit its mapping, or work on the whole text. A change is stored as a draft: it does nothing until
      it is planned and activated.
    </p>
    <div class="acts">
      <a class="button second" href={addressOf('mappings-text')}>
        Edit the whole text …
      </a>
      <a class="button second" href={addressOf('mappings/active/file')}>
        Download
      </a>
      {ask.can('Operate') && (
        <details>
          <summary>Upload a file</summary>
          <ActForm ask={ask} act="upload" label="Store as a draft" multipart>
            <div class="field">
              <label for="upload-file">A mapping file, such as the portal or Graph exports it</label>
              <input id="upload-file" name="text" type="file" accept=".json,application/json" required />
            </div>
            <TextField id="upload-why" name="why" label="Reason, for the list of versions" />
          </ActForm>
        </details>
      )}
    </div>
  </Card>
);

/** Stores a text as a draft and leads to it; what is wrong with it is said at once. */
export async function storeDraft({ app, operator }: Ask, text: string, why: string, back?: string): Promise<ActResult> {
  const stored = await storeMappings(app.deps, operator, text, why);
  if (stored.kind === 'refused') {
    const all = stored.problems.map(({ path, problem, allowed, line, column }) => {
      const where = line === undefined ? path : `line ${line}, column ${column} (${path})`;
      return `${where}: ${problem}${allowed ? ` Allowed: ${allowed.join(', ')}.` : ''}`;
    });
    const text = `${stored.problems.length === 1 ? 'One problem' : `${stored.problems.length} problems`}. ${all.join(' · ')}`;
    return { kind: 'refused', text, ...(back !== undefined && { to: back }) };
  }
  const { version } = stored.version;
  const isKnown = `The same text is stored already, as version ${version}.`;
  const isNew = `Version ${version} is stored as a draft. Look at what is different, then plan it.`;
  return { kind: 'done', text: stored.isNew ? isNew : isKnown, to: versionAddress(version) };
}

/** Why a draft is stored. */
export const WHY = z.string().trim().max(MAX_WHY).default('');

const upload = defineAct({
  role: 'Operate',
  fields: z.strictObject({ text: z.string(), why: WHY }),
  summary: () => 'store mappings as a draft',
  run: (ask, { text, why }) => storeDraft(ask, text, why),
});

/** The mappings that are active, their versions, and where they are changed. */
export const mappingsPage: ConsolePage = {
  path: 'mappings',
  title: 'Mappings',
  nav: { label: 'Mappings', order: 50 },
  role: 'Read',
  worksWithoutMappings: true,
  show,
  acts: { upload },
};
