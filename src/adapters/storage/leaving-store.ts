import { z } from 'zod';
import { type DayStep, dayStepOf, type Leaving } from '../../core/leaving';
import type { SourceId } from '../../core/model';
import type { LeavingStore } from '../../ports/leaving-store';
import type { Storage } from './connection';
import { TABLES } from './names';
import { AFTER_SEPARATOR, encodeKey, fromJsonColumns, guard, jsonColumns, KEY_SEPARATOR, type StoredRow } from './table-kit';

const PEOPLE = 'leaving';

const isLeaving = guard<Leaving>()(
  z.object({
    sourceId: z.string(),
    targetId: z.string(),
    leftAt: z.string(),
    createdByUs: z.boolean(),
    tickets: z.object({ to: z.string(), count: z.number(), isComplete: z.boolean() }).nullable(),
    deletedAt: z.string().nullable(),
  }),
);
const toLeaving = (row: StoredRow): Leaving => fromJsonColumns(row, 'somebody who left', isLeaving);

/** 13 digits of milliseconds, oldest first: good until the year 2286. */
const digits = (at: string): string => String(Math.max(0, Date.parse(at))).padStart(13, '0');

/**
 * Those who left: one row per person, and one in the partition of the step that waits for its day, in the order of leaving, so that what is due
 * is found without a look at those who are not. That one is written first and removed last: it may be one too many, never one too few.
 */
export function makeLeavingStore(storage: Storage): LeavingStore {
  const table = storage.table(TABLES.offboarding);
  const dayKey = (step: DayStep, { leftAt, sourceId }: Leaving) => ({
    partitionKey: step,
    rowKey: `${digits(leftAt)}${KEY_SEPARATOR}${encodeKey(sourceId)}`,
  });
  const dropDay = (step: DayStep, leaving: Leaving): Promise<void> => table.removeMany([dayKey(step, leaving)]);
  async function read(id: SourceId): Promise<Leaving | undefined> {
    const row = await table.getNear(PEOPLE, encodeKey(id));
    return row && toLeaving(row);
  }
  return {
    read,
    async put(leaving) {
      const before = await read(leaving.sourceId);
      const step = dayStepOf(leaving);
      if (step) await table.writeNear({ ...dayKey(step, leaving), ...jsonColumns(leaving) }, '*');
      await table.writeNear({ partitionKey: PEOPLE, rowKey: encodeKey(leaving.sourceId), ...jsonColumns(leaving) }, '*');
      const former = before && dayStepOf(before);
      if (before && former && (former !== step || before.leftAt !== leaving.leftAt)) await dropDay(former, before);
    },
    async remove(id) {
      const before = await read(id);
      await table.removeMany([{ partitionKey: PEOPLE, rowKey: encodeKey(id) }]);
      const step = before && dayStepOf(before);
      if (before && step) await dropDay(step, before);
    },
    dropDay,
    async *listLeft(step, after, until) {
      const range = {
        partition: step,
        ...(after !== null && { rowAfter: `${digits(after)}${AFTER_SEPARATOR}` }),
        rowBefore: `${digits(until)}${AFTER_SEPARATOR}`,
      };
      for await (const page of table.pages(range)) yield page.map(toLeaving);
    },
  };
}
