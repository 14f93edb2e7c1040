import { differences, type MappingDifference } from '../../core/schema/differences';
import type { SchemaVersion } from '../../ports/schema-store';
import type { EngineDeps } from '../deps';
import { type JobState, readJob } from '../job/job-state';
import { activeVersion, versionInUse } from '../job/mappings-in-use';
import { FILE_VERSION, type ReadMappings } from '../mappings';

/** A version of the mappings, as lists show it. */
export interface ListedVersion {
  readonly version: number;
  readonly hash: string;
  /** Null for the file: nobody stored it here. */
  readonly stored: Pick<SchemaVersion, 'storedAt' | 'storedBy' | 'storedById' | 'why' | 'length'> | null;
  /** Since when and by whom it has been active; null while it is not. The file that nobody has chosen has neither. */
  readonly active: { readonly since: string | null; readonly by: string | null; readonly why: string } | null;
  /** Whether work items use it: a version active is used from the next cycle on. */
  readonly isInUse: boolean;
}

/** Every version of the mappings, and how each stands. */
export interface MappingsList {
  /** The newest first; the file last. */
  readonly versions: readonly ListedVersion[];
  readonly activeVersion: number;
  readonly versionInUse: number;
  /** True where the file was changed by a deployment while another version is active. */
  readonly hasFileChanged: boolean;
}

/** Lists the versions of the mappings. Their texts are not read. */
export async function listMappings(deps: EngineDeps): Promise<MappingsList> {
  const [{ value: job }, versions] = await Promise.all([readJob(deps.state), deps.mappings.store.list()]);
  const file: ListedVersion = {
    version: FILE_VERSION,
    hash: deps.mappings.file.schema.hash,
    stored: null,
    ...standing(job, FILE_VERSION),
  };
  return {
    versions: [...[...versions].reverse().map((one) => listed(job, one)), file],
    activeVersion: activeVersion(job),
    versionInUse: versionInUse(job),
    hasFileChanged: hasFileChanged(deps, job),
  };
}

/** Whether the file was changed while another version is active: then the change has no effect. */
export const hasFileChanged = ({ mappings }: Pick<EngineDeps, 'mappings'>, job: JobState): boolean =>
  job.mappings !== null && job.mappings.version !== FILE_VERSION && job.mappings.fileHash !== mappings.file.schema.hash;

const listed = (job: JobState, one: SchemaVersion): ListedVersion => ({
  version: one.version,
  hash: one.hash,
  stored: one,
  ...standing(job, one.version),
});

function standing(job: JobState, version: number): Pick<ListedVersion, 'active' | 'isInUse'> {
  const { mappings } = job;
  const active = { since: mappings?.since ?? null, by: mappings?.by ?? null, why: mappings?.why ?? '' };
  return {
    active: activeVersion(job) === version ? active : null,
    isInUse: versionInUse(job) === version,
  };
}

/** One version of the mappings with its text. */
export type VersionRead = { readonly listed: ListedVersion; readonly read: ReadMappings };

/** Reads one version; the one active where none is named. Undefined: there is none of that number. @throws ConfigError when it cannot be used */
export async function readMappings(deps: EngineDeps, version?: number): Promise<VersionRead | undefined> {
  const { value: job } = await readJob(deps.state);
  const number = version ?? activeVersion(job);
  const stored = number === FILE_VERSION ? null : ((await deps.mappings.store.read(number)) ?? null);
  if (number !== FILE_VERSION && stored === null && version !== undefined) return undefined;
  const read = await deps.mappings.load(number);
  return { listed: { version: number, hash: read.schema.hash, stored, ...standing(job, number) }, read };
}

/** In what a version differs from another; undefined: there is none of one of the numbers. @throws ConfigError when one cannot be used */
export async function compareMappings(
  deps: EngineDeps,
  version: number,
  from: number,
): Promise<readonly MappingDifference[] | undefined> {
  const [before, after] = await Promise.all([readMappings(deps, from), readMappings(deps, version)]);
  return before && after && differences(before.read.schema, after.read.schema);
}
