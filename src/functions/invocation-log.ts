import { makeLogger } from '../adapters/azure/logger';

export { withinInvocation } from '../adapters/azure/logger';

/** The app's logger: each line goes to the invocation under way; outside of one there is nobody to tell. */
export const invocationLogger = makeLogger();
