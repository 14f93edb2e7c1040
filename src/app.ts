/**
 * Everything behind the registrations, as one bundle of its own: `main.ts` loads it with the first invocation, so that a cold start
 * reads and compiles the registrations only.
 */
export { composeApp } from './compose';
export { CONSOLE } from './console/functions';
export { followMappings } from './current-app';
export { ENDPOINTS } from './functions/endpoints';
export { invocationLogger } from './functions/logger';
export { makePlanWork } from './functions/plan-work';
export { makeProvisionObject, makeProvisionObjectPoison } from './functions/provision-object';
export { makeProvisioningCycle } from './functions/provisioning-cycle';
