import type { QueueClient } from '@azure/storage-queue';
import { StateUnavailableError } from '../../core/errors';
import { asStateError, isContainerMissing } from './table-kit';

/** How long a call with all its tries may take; the library itself waits for ever for an answer that never comes. */
const CALL_TIMEOUT_MS = 60_000;

/** One queue, created on its first use. Every call throws StateUnavailableError when storage cannot be used. */
export class StoreQueue {
  readonly name: string;
  readonly #client: QueueClient;
  #ready: Promise<unknown> | undefined;

  constructor(name: string, client: QueueClient) {
    this.name = name;
    this.#client = client;
  }

  /** Makes a call on the queue. @param operation named in errors. @param call passes the signal on to the client */
  async run<T>(operation: string, call: (client: QueueClient, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    this.#ready ??= this.#client.createIfNotExists({ abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw new StateUnavailableError(`${this.name}: the queue can neither be found nor created`, { cause: error });
    }
    try {
      return await call(this.#client, AbortSignal.timeout(CALL_TIMEOUT_MS));
    } catch (error) {
      if (isContainerMissing(error)) this.#ready = undefined;
      throw asStateError(error, this.name, operation);
    }
  }
}
