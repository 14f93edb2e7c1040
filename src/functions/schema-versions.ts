import { z } from 'zod';
import { isObject } from '../core/json-object';
import { compareMappings, type ListedVersion, listMappings, readMappings } from '../engine/queries/read-mappings';
import { endpoint } from './endpoint';
import { type Body, RequestProblem, respond } from './http';
import { jsonDoc } from './shapes/kit';
import { SchemaDifferences, SchemaVersionRead, SchemaVersions } from './shapes/mapping';

const VERSION = z.coerce.number().int().min(0).max(999_999_999);

/** The version in an address. */
export const versionParams = z.strictObject({ version: VERSION.describe('The number of the version; 0 is the file.') });

/** The refusal of a number that no version has. */
export const noVersion = (version: number): RequestProblem =>
  new RequestProblem(
    'NotFound',
    `There is no version ${version} of the mappings. GET /api/schema/versions lists those that there are.`,
  );

/** `GET /api/schema/versions`: every version of the mappings, who stored it and why, and which is active. */
export const makeSchemaVersions = endpoint(
  {
    tag: 'schema',
    summary: 'The versions of the mappings',
    description: 'Every stored version and the file, who stored it, when and why, which is active, and which work items use.',
    needsNoMappings: true,
    answers: { 200: jsonDoc('The versions.', SchemaVersions) },
    problems: [400, 503],
  },
  async ({ deps }) => {
    const list = await listMappings(deps);
    return respond(SchemaVersions, { ...list, value: list.versions.map(versionBody) });
  },
);

/** `GET /api/schema/versions/{version}`: one version with its text. */
export const makeSchemaVersion = endpoint(
  {
    tag: 'schema',
    summary: 'One version of the mappings',
    description: 'What is stored of it, what of it has no meaning for Zendesk, and the `synchronizationSchema` itself.',
    needsNoMappings: true,
    params: versionParams,
    answers: { 200: jsonDoc('The version.', SchemaVersionRead) },
    problems: [400, 404, 409, 503],
  },
  async ({ deps }, { params: { version } }) => {
    const found = await readMappings(deps, version);
    if (!found) throw noVersion(version);
    const { raw } = found.read.schema;
    return respond(SchemaVersionRead, {
      ...versionBody(found.listed),
      ignored: found.read.ignored,
      schema: (isObject(raw) ? raw : {}) as Body<typeof SchemaVersionRead>['schema'],
    });
  },
);

/** `GET /api/schema/versions/{version}/differences`: what is different from another version, in words. */
export const makeSchemaDifferences = endpoint(
  {
    tag: 'schema',
    summary: 'In what two versions of the mappings differ',
    description:
      'Attribute by attribute, with filters, matching attributes and actions, as it was and as it is. Empty where both decide the same.',
    needsNoMappings: true,
    params: versionParams,
    query: z.strictObject({
      from: VERSION.optional().describe('The version to compare with; the one before where it is left out.'),
    }),
    answers: { 200: jsonDoc('The differences.', SchemaDifferences) },
    problems: [400, 404, 409, 503],
  },
  async ({ deps }, { params: { version }, query }) => {
    const from = query.from ?? Math.max(0, version - 1);
    const value = await compareMappings(deps, version, from);
    if (!value) throw noVersion((await readMappings(deps, version)) ? from : version);
    return respond(SchemaDifferences, { from, to: version, value });
  },
);

function versionBody({ version, hash, stored, active, isInUse }: ListedVersion): Body<typeof SchemaVersions>['value'][number] {
  return {
    schemaVersion: version,
    hash,
    storedDateTime: stored?.storedAt ?? null,
    storedBy: stored?.storedBy ?? null,
    storedById: stored?.storedById ?? null,
    why: stored?.why ?? '',
    length: stored?.length ?? null,
    isActive: active !== null,
    activatedDateTime: active?.since ?? null,
    activatedBy: active?.by ?? null,
    activationReason: active?.why ?? '',
    isInUse,
  };
}
