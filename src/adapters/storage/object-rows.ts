import { z } from 'zod';
import type { SourceObject } from '../../core/model';
import type { MemberEdge } from '../../ports/connector-space';
import type { ObjectKey } from '../../ports/stored';
import { asPlainRecord, fromJsonColumns, fromJsonText, guard, keyOf, type StoredRow } from './table-kit';

/** Shapes that rows of several stores share. */
export const objectKeySchema = z.object({ type: z.enum(['user', 'group']), id: z.string() });

/** Where a row of one object among others of its kind stands; sorts groups before users, then by id. */
export const objectRowKey = (key: ObjectKey): string => keyOf(key.type, key.id);

const attributeValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);
const isSourceObject = guard<SourceObject>()(
  z.object({
    type: z.enum(['user', 'group']),
    id: z.string(),
    attributes: z.record(z.string(), attributeValue),
    deleted: z.enum(['no', 'soft', 'hard']),
    entitlements: z.array(z.object({ assignmentId: z.string(), appRoleId: z.string(), path: z.array(z.string()) })),
    version: z.number(),
  }),
);

/** Reads a source object from its JSON. Its attributes have no prototype: a name such as `constructor` is known only if it was stored. */
export function toSourceObject(text: string): SourceObject {
  const object = fromJsonText(text, 'a source object', isSourceObject);
  return { ...object, attributes: asPlainRecord(object.attributes) };
}

const isMemberEdge = guard<MemberEdge>()(
  z.object({ groupId: z.string(), memberId: z.string(), memberType: z.enum(['user', 'group']) }),
);

/** Reads a membership. */
export const toMemberEdge = (row: StoredRow): MemberEdge => fromJsonColumns(row, 'a group membership', isMemberEdge);
