import type { JobWorld } from './job-control-world';

/** What the stores hold, as far as a dry run must leave it alone. */
export interface ShownTables {
  readonly objects: readonly unknown[];
  readonly dirty: readonly unknown[];
  readonly links: readonly unknown[];
  readonly staged: readonly unknown[];
  readonly escrows: readonly unknown[];
  readonly cycles: readonly unknown[];
  readonly log: readonly unknown[];
  readonly state: readonly unknown[];
  readonly queueLength: number;
}

/** Reads the stores whole. */
export async function tablesOf({ app }: JobWorld): Promise<ShownTables> {
  const { space, links, staged, escrows, cycles, log, state, queue } = app.deps;
  return {
    objects: [
      ...(await all(space.listObjects('user'))),
      ...(await all(space.listObjects('group'))),
      ...(await all(space.listAssignments())),
    ],
    dirty: (await space.listDirty()).map(({ type, id }) => ({ type, id })),
    links: [...(await all(links.listLinks('user'))), ...(await all(links.listLinks('group')))],
    staged: await all(staged.list()),
    escrows: await all(escrows.list()),
    cycles: [...(await cycles.latest(100))],
    log: [...(await log.query({}, 1000)).entries],
    state: await Promise.all(
      ['job', 'cycle', 'watermark-users', 'watermark-groups', 'application'].map((key) => state.read(key)),
    ),
    queueLength: await queue.approximateLength(),
  };
}

async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
