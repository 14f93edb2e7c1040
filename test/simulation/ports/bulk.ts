/** The app's own bulk code (bundles, jobs, the re-read) in front of the simulated account: what it promises the engine is the engine's world. */
import { makeBulkAccess } from '../../../src/adapters/zendesk/bulk-access';
import { makeBulkRunner } from '../../../src/adapters/zendesk/bulk-runner';
import { type Bundler, type ItemResult, makeBundler } from '../../../src/adapters/zendesk/bundler';
import { type CreateItem, createMany } from '../../../src/adapters/zendesk/create-many';
import { type DecodedUser, TEXT_ATTRIBUTES } from '../../../src/adapters/zendesk/decode';
import { encodeRole } from '../../../src/adapters/zendesk/encode';
import { makeJobs } from '../../../src/adapters/zendesk/jobs';
import { type UpdateItem, updateMany } from '../../../src/adapters/zendesk/update-many';
import { UnavailableError } from '../../../src/core/errors';
import type { Attributes, TargetUser } from '../../../src/core/model';
import type { StateStore } from '../../../src/ports/state-store';
import type { NewTargetUser, OnWaiting, TargetConnector, TargetUserChanges } from '../../../src/ports/target-connector';
import type { Process } from '../play/scheduler';
import type { Context } from '../watch/watch';
import { type AccountJobs, nameOf, type Row } from './jobs';

/** Calls that may go in a job, and do what they do to the account by themselves. */
export const isBulked = (method: string): boolean => method === 'updateUser' || method === 'createUser';

interface Bulked {
  readonly context: Context;
  readonly fields: Row;
}
type Update = UpdateItem & Bulked & { readonly current: TargetUser; readonly changes: TargetUserChanges };
type Creation = CreateItem & Bulked & { readonly user: NewTargetUser };

/** Smaller than in the field, where a job takes a hundred: stories have a dozen people. */
const SIZES = { maxSingles: 1, minItems: 2, quietMs: 200, timeScale: 1 };

/** So often, as in the field, is a caller told that it waits. */
const STILL_WAITING_MS = 25_000;

const BUNDLED: ReadonlySet<string> = new Set([...TEXT_ATTRIBUTES, 'tags']);
const fits = (attributes: Attributes = {}): boolean =>
  Object.entries(attributes).every(([name, value]) => BUNDLED.has(name) && value !== null);

/** What one process bundles. */
export class ProcessBulk {
  readonly #updates: Bundler<Update, TargetUser>;
  readonly #creations: Bundler<Creation, TargetUser>;
  /** On whose behalf a row is that is about to be sent. */
  readonly #contexts = new Map<string, Context>();

  constructor(
    private readonly account: AccountJobs,
    private readonly process: Process,
    store: Pick<StateStore, 'read' | 'write'>,
  ) {
    const { scheduler, target, selfId, dice } = account.world;
    /** While one is written, others come: they are bundled. */
    const takes = (): number => dice.between(100, 2_000);
    const quiet = (): void => undefined;
    const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const sleep = (ms: number): Promise<void> => scheduler.step(process, ms);
    // The adapter goes by the clock of the storage, as every instance in the field does.
    const now = (): number => scheduler.nowMs;
    const access = makeBulkAccess(store, () => new Date(now()), logger);
    const http = account.httpFor(process, this.#contexts);
    const runner = makeBulkRunner({ jobs: makeJobs({ http, sleep, now, timeScale: 1 }), access, sleep, now, timeScale: 1 });
    this.#updates = makeBundler<Update, TargetUser>({
      ...{ ...SIZES, sleep, now },
      keyOf: ({ id }) => id,
      single: async ({ context, current, changes }) => {
        await sleep(takes());
        return this.#update(context, current, changes);
      },
      bundle: async (items) => this.#known(items, await updateMany(http, runner, this.#noted(items))),
      canBundle: () => access.isOpen('updateUsers'),
    });
    const ownEmail = async () => target.users.get(selfId)?.email ?? undefined;
    this.#creations = makeBundler<Creation, TargetUser>({
      ...{ ...SIZES, sleep, now },
      keyOf: ({ externalId }) => externalId.toLowerCase(),
      single: async ({ context, user }) => {
        await sleep(takes());
        return this.#create(context, user);
      },
      bundle: async (items) =>
        this.#known(items, await createMany({ http, runner, ownEmail, onUnsafe: quiet }, this.#noted(items))),
      canBundle: () => access.isOpen('createUsers'),
    });
  }

  /** The account's methods that a task of the process has in the place of the simple ones. */
  methodsFor(context: Context): Pick<TargetConnector, 'updateUser' | 'createUser'> {
    return {
      updateUser: (current: TargetUser, changes: TargetUserChanges, onWaiting?: OnWaiting) => {
        const { email, attributes, externalId, name, role, suspended } = changes;
        if (email !== undefined || !fits(attributes)) return this.#update(context, current, changes);
        const fields: Row = {
          ...attributes,
          ...(externalId !== undefined && { external_id: externalId }),
          ...(name !== undefined && { name }),
          ...(role && encodeRole(role)),
          ...(suspended !== undefined && { suspended }),
        };
        if (Object.keys(fields).length === 0) return this.#update(context, current, changes);
        return this.#told(this.#updates.submit({ id: current.id, fields, context, current, changes }), onWaiting);
      },
      createUser: (user: NewTargetUser, onWaiting?: OnWaiting) => {
        if (!fits(user.attributes) || user.email === null) return this.#create(context, user);
        const { externalId, email, name, suspended } = user;
        const fields = {
          ...user.attributes,
          ...encodeRole(user.role),
          ...{ external_id: externalId, name, email, ...(suspended && { suspended }) },
        };
        return this.#told(this.#creations.submit({ fields, externalId, email, context, user }), onWaiting);
      },
    };
  }

  /** Tells the caller now and then that its item is still under way, as the bundler does by a timer, of which the simulated clock knows nothing. */
  #told<T>(work: Promise<T>, onWaiting: OnWaiting | undefined): Promise<T> {
    let isOver = false;
    const tell = async (): Promise<void> => {
      for (;;) {
        await this.account.world.scheduler.step(this.process, STILL_WAITING_MS);
        if (isOver) return;
        onWaiting?.();
      }
    };
    void tell();
    return work.finally(() => {
      isOver = true;
    });
  }

  #update(context: Context, current: TargetUser, changes: TargetUserChanges): Promise<TargetUser> {
    const { target, write } = this.account.world;
    return write('updateUser', context, () => target.updateUser(current, changes));
  }

  #create(context: Context, user: NewTargetUser): Promise<TargetUser> {
    const { target, write } = this.account.world;
    return write('createUser', context, () => target.createUser(user));
  }

  #noted<Item extends Bulked>(items: readonly Item[]): readonly Item[] {
    for (const { fields, context, ...item } of items) this.#contexts.set(nameOf({ ...item, ...fields } as Row), context);
    return items;
  }

  /** What the re-read has shown as done, as the account has it. */
  #known<Item>(items: readonly Item[], found: ReadonlyMap<unknown, ItemResult<DecodedUser>>) {
    const { users } = this.account.world.target;
    const results = new Map<Item, ItemResult<TargetUser>>();
    for (const item of items) {
      const result = found.get(item);
      if (!result) continue;
      if ('error' in result) results.set(item, result);
      else {
        const { otherEmails: _hidden, createdAt: _made, lastLoginAt: _login, ...user } = users.get(result.value.user.id) ?? {};
        results.set(item, 'id' in user ? { value: { ...(user as TargetUser) } } : { error: GONE });
      }
    }
    return results;
  }
}

const GONE = new UnavailableError('target', 'simulated: the account went meanwhile');
