import { z } from 'zod';
import { decodeFile } from '../core/schema/decode-file';
import type { SchemaProblem } from '../core/schema/model';
import { storeMappings } from '../engine/control/store-mappings';
import { activeVersion, versionInUse } from '../engine/job/mappings-in-use';
import { activateMappings } from '../engine/preview/activate-mappings';
import { endpoint } from './endpoint';
import { RequestProblem, respond } from './http';
import { operatorOf } from './operator';
import { badRequest, pointerWithin } from './request-faults';
import { noVersion, versionParams } from './schema-versions';
import { jsonDoc } from './shapes/kit';
import { MAX_WHY, SchemaActivated, SchemaActivateRequest, SchemaStored, SynchronizationSchemaFile } from './shapes/mapping';

/** What Graph exports with every attribute of both directories is a quarter of this. */
const MAX_FILE_BYTES = 4 * 1_048_576;

/** What is wrong with mappings, as faults of a request. @param field where they stand in the body; none where they are the body */
export const schemaFaults = (problems: readonly SchemaProblem[], ...field: readonly string[]) =>
  problems.map(({ path, problem, allowed, line, column }) => ({
    pointer: pointerWithin(field, path),
    detail: line === undefined || field.length > 0 ? problem : `${problem} (line ${line}, column ${column})`,
    ...(allowed ? { allowed } : {}),
  }));

/** `PUT /api/schema`: stores mappings as a draft, after the same checks as at load. Nothing changes until they are activated. */
export const makeSchemaStore = endpoint(
  {
    tag: 'schema',
    summary: 'Store mappings as a draft',
    description:
      'The body is a mapping file: what `GET /api/schema`, the portal or Graph gives. It goes through the checks of a file, every problem at ' +
      'once, and becomes a new version that is not active. The same text is stored once.',
    needsNoMappings: true,
    query: z.strictObject({
      why: z.string().trim().max(MAX_WHY).default('').describe('Why, for the list of versions and the log.'),
    }),
    file: { shape: SynchronizationSchemaFile, maxBytes: MAX_FILE_BYTES },
    answers: {
      200: jsonDoc('The same text was stored already.', SchemaStored),
      201: jsonDoc('Stored as a new version.', SchemaStored, { Location: 'Where the version is.' }),
    },
    problems: [400, 503],
  },
  async (app, { file, query, request }) => {
    const decoded = decodeFile(file);
    if (!decoded.ok) throw badRequest([{ pointer: '#', detail: decoded.problem }]);
    const stored = await storeMappings(app.deps, operatorOf(app, request), decoded.text, query.why);
    if (stored.kind === 'refused') throw badRequest(schemaFaults(stored.problems));
    const { version, isNew, ignored } = stored;
    return respond(
      SchemaStored,
      { schemaVersion: version.version, hash: version.hash, isNew, ignored },
      isNew ? 201 : 200,
      isNew ? { location: `/api/schema/versions/${version.version}` } : {},
    );
  },
);

/** `POST /api/schema/{version}/activate`: the next cycle begins with that version. */
export const makeSchemaActivate = endpoint(
  {
    tag: 'schema',
    summary: 'Activate a version of the mappings',
    description:
      'The next cycle begins with it, an initial one where it decides anything differently, behind the brake. Where its plan removes anything, ' +
      'send the id of that plan and `allowDeletes`. An older version goes back; 0 is the file.',
    needsNoMappings: true,
    params: versionParams,
    body: SchemaActivateRequest,
    example: { why: 'Departments as tags', planId: '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1', allowDeletes: true },
    answers: { 200: jsonDoc('It is active.', SchemaActivated) },
    problems: [400, 404, 409, 503],
  },
  async (app, { params: { version }, body, request }) => {
    const done = await activateMappings(app.planning, operatorOf(app, request), { version, ...body });
    switch (done.kind) {
      case 'notFound':
        throw noVersion(version);
      case 'superseded':
        throw new RequestProblem('Conflict', done.reason, [{ pointer: '#/replaces', detail: done.reason }]);
      case 'planNeeded':
        throw new RequestProblem('Conflict', done.reason, [{ pointer: '#/planId', detail: done.reason }]);
      case 'active': {
        const { job, changed } = done;
        return respond(SchemaActivated, {
          schemaVersion: activeVersion(job),
          hash: job.mappings?.hash ?? app.deps.mappings.file.schema.hash,
          changed,
          activatedDateTime: job.mappings?.since ?? null,
          versionInUse: versionInUse(job),
        });
      }
    }
  },
);
