export { concurrently } from '../concurrently';

/** Storage calls under way at once inside one use case: enough to hide latency, few enough to keep memory flat. */
export const STORAGE_CONCURRENCY = 16;

/** Direct reads of the source under way at once. */
export const SOURCE_CONCURRENCY = 8;
