export { concurrently } from '../concurrently';

/** Storage calls under way at the same time inside one use case: enough to hide latency, few enough to keep memory flat. */
export const STORAGE_CONCURRENCY = 16;

/** Direct reads of the source under way at the same time. */
export const SOURCE_CONCURRENCY = 8;
