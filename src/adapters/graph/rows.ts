import { z } from 'zod';
import { UnexpectedResponseError } from '../../core/errors';
import { type AppRoleAssignment, type SourceApplication, sourceId } from '../../core/model';
import type { MemberChange, SourceMember } from '../../ports/source-connector';
import type { Operation } from './failures';
import type { Json } from './http';

const id = z.string().min(1).max(200);
const row = z.record(z.string(), z.unknown());
const link = z.string().min(1);

const list = z.object({ value: z.array(row), '@odata.nextLink': link.optional(), '@odata.deltaLink': link.optional() });

const application = z.object({
  id,
  appId: id,
  displayName: z.string().nullish(),
  appRoles: z.array(
    z.object({ id, value: z.string().nullish(), displayName: z.string().nullish(), isEnabled: z.boolean().nullish() }),
  ),
});

const assignment = z.object({
  id,
  principalId: id,
  principalType: z.string(),
  principalDisplayName: z.string().nullish(),
  appRoleId: id,
});

const reference = z.object({ '@odata.type': z.string(), id, '@removed': z.unknown().optional() });

/** One page of a list. `next` undefined means the end; `watermark` is set on the last page of a delta round. */
export interface Page {
  readonly rows: readonly Json[];
  readonly next: string | undefined;
  readonly watermark: string | undefined;
}

/** Reads the frame of a page. @throws UnexpectedResponseError */
export function readPage(operation: Operation, body: Json): Page {
  const page = check(operation, list, body);
  return { rows: page.value, next: page['@odata.nextLink'], watermark: page['@odata.deltaLink'] };
}

/** The enterprise application. A role of which it is not told whether it is enabled counts as not told. @throws UnexpectedResponseError */
export function readApplicationRow(operation: Operation, body: Json): SourceApplication {
  const read = check(operation, application, body);
  return {
    id: read.id.toLowerCase(),
    appId: read.appId,
    displayName: read.displayName ?? '',
    appRoles: read.appRoles.flatMap(({ id: roleId, value, displayName, isEnabled }) =>
      typeof isEnabled === 'boolean'
        ? [{ id: roleId.toLowerCase(), value: value ?? null, displayName: displayName ?? '', isEnabled }]
        : [],
    ),
  };
}

/** One assignment. A principal of a kind that Graph may invent later counts as a service principal: never provisioned. */
export function readAssignmentRow(operation: Operation, body: Json): AppRoleAssignment {
  const read = check(operation, assignment, body);
  const { principalType } = read;
  return {
    id: read.id,
    principalId: sourceId(read.principalId),
    principalType: principalType === 'User' || principalType === 'Group' ? principalType : 'ServicePrincipal',
    principalDisplayName: read.principalDisplayName ?? '',
    appRoleId: read.appRoleId.toLowerCase(),
  };
}

/** A directory object in a list of references. @throws UnexpectedResponseError when its type is not told: it could be anything. */
export function readMemberRow(operation: Operation, body: Json): SourceMember {
  const read = check(operation, reference, body);
  return { id: sourceId(read.id), type: typeOf(read['@odata.type']) };
}

/** `members@delta` or `manager@delta` of a delta row, in order; undefined when the row does not tell. */
export function readLinkChanges(operation: Operation, body: Json, name: string): readonly MemberChange[] | undefined {
  if (!Object.hasOwn(body, name)) return undefined;
  return check(operation, z.array(reference), body[name]).map((read) => ({
    memberId: sourceId(read.id),
    memberType: typeOf(read['@odata.type']),
    isMember: read['@removed'] === undefined,
  }));
}

/** The id of a row. @throws UnexpectedResponseError */
export function readId(operation: Operation, body: Json): string {
  return check(operation, z.object({ id }), body).id;
}

/** Why a delta row is gone; undefined when it is not. `changed` can be restored for 30 days. @see https://learn.microsoft.com/graph/delta-query-overview */
export function readRemoved(operation: Operation, body: Json): 'soft' | 'hard' | undefined {
  if (!Object.hasOwn(body, '@removed')) return undefined;
  const { reason } = check(operation, z.object({ reason: z.enum(['changed', 'deleted']) }), body['@removed']);
  return reason === 'changed' ? 'soft' : 'hard';
}

function typeOf(odataType: string): SourceMember['type'] {
  if (odataType === '#microsoft.graph.user') return 'user';
  return odataType === '#microsoft.graph.group' ? 'group' : 'other';
}

function check<T>(operation: Operation, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // Paths only: values are somebody's data.
  const where = result.error.issues.slice(0, 3).map((issue) => issue.path.join('.') || '(root)');
  throw new UnexpectedResponseError('source', `${operation.name} returned an unknown shape at ${where.join(', ')}`);
}
