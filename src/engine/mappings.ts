import { createHash } from 'node:crypto';
import { ConfigError, type ConfigIssue } from '../core/errors';
import type { IgnoredItem, ProvisioningSchema, SchemaProblem } from '../core/schema/model';
import { readSchema } from '../core/schema/read';
import type { SchemaStore } from '../ports/schema-store';
import type { TargetConnector } from '../ports/target-connector';

/** The number of the mapping file that PROVISIONING_SCHEMA names. */
export const FILE_VERSION = 0;

/** Mappings that passed every check, with what of them is not used. */
export interface ReadMappings {
  readonly schema: ProvisioningSchema;
  readonly ignored: readonly IgnoredItem[];
  readonly text: string;
}

/** Every version of the mappings, and what goes with each. */
export interface Mappings {
  readonly store: SchemaStore;
  /** Version 0: the file as this process has read it. */
  readonly file: ReadMappings;
  /** The mappings of a version. @throws ConfigError when there is none of that number, or none that can be used */
  load(version: number): Promise<ReadMappings>;
  /** The target as mappings need it: what they do not map is not read. */
  targetFor(schema: ProvisioningSchema): TargetConnector;
}

/** SHA-256 of a text, hexadecimal. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Versions that a process keeps at hand: the active one, the one before, and one that is looked at. */
const KEPT = 4;

/** Makes it. Each version is read once: it never changes. */
export function makeMappings({ store, file, targetFor }: Pick<Mappings, 'store' | 'file' | 'targetFor'>): Mappings {
  const kept = new Map<number, ReadMappings>();
  return {
    store,
    file,
    targetFor,
    async load(version) {
      if (version === FILE_VERSION) return file;
      const read = kept.get(version) ?? (await readVersion(store, version));
      kept.delete(version);
      kept.set(version, read);
      for (const oldest of [...kept.keys()].slice(0, -KEPT)) kept.delete(oldest);
      return read;
    },
  };
}

async function readVersion(store: SchemaStore, number: number): Promise<ReadMappings> {
  const version = await store.read(number);
  if (!version) throw unusable(number, [{ problem: 'there is no such version. Activate another one' }]);
  const text = await store.readText(version);
  if (digestOf(text) !== version.digest)
    throw unusable(number, [{ problem: 'what is stored of it is damaged. Activate another one' }]);
  const read = readSchema(text);
  if (read.ok) return read;
  const before = { problem: 'it cannot be used with this version of the app. Activate another one, or store it corrected' };
  throw unusable(number, [before, ...read.problems]);
}

/** More of them help nobody in a sentence. */
const TOLD = 10;

const unusable = (number: number, problems: readonly (Pick<SchemaProblem, 'problem'> & Partial<SchemaProblem>)[]): ConfigError =>
  new ConfigError(
    problems.slice(0, TOLD).map(
      (one): ConfigIssue => ({
        setting: `mappings version ${number} ${one.path ?? ''}`.trim(),
        problem: problemWords(one),
      }),
    ),
  );

/** What is wrong with a place of the mappings, with what may stand there. */
export const problemWords = ({ problem, allowed }: Pick<SchemaProblem, 'problem' | 'allowed'>): string =>
  allowed ? `${problem} Allowed: ${allowed.join(', ')}.` : problem;

/** What depends on the mappings that a piece of work uses. */
interface OfMappings {
  readonly schema: ProvisioningSchema;
  readonly target: TargetConnector;
  readonly mappings: Mappings;
}

/** The same dependencies, to work with a version of the mappings. @throws ConfigError as {@link Mappings.load} */
export const withMappings = async <D extends OfMappings>(deps: D, version: number): Promise<D> =>
  withSchema(deps, (await deps.mappings.load(version)).schema);

/** The same dependencies, to work with these mappings. */
export const withSchema = <D extends OfMappings>(deps: D, schema: ProvisioningSchema): D =>
  schema === deps.schema ? deps : { ...deps, schema, target: deps.mappings.targetFor(schema) };
