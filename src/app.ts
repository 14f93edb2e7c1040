/**
 * Everything behind the registrations, as one bundle of its own: `main.ts` loads it with the first invocation, so that a cold start
 * reads and compiles the registrations only.
 */
export { composeApp } from './compose';
export { makeJobForgetEscrow, makeJobRetryEscrow, makeJobUnlink } from './functions/escrow-control';
export { makeEvaluateFilter } from './functions/evaluate-filter';
export { makeExplain } from './functions/explain';
export { makeHealth } from './functions/health';
export { invocationLogger } from './functions/invocation-log';
export { makeJobAllowDeletes, makeJobPause, makeJobRestart, makeJobRun, makeJobStart } from './functions/job-control';
export { makeLogs } from './functions/logs';
export { makeOnDemand } from './functions/on-demand';
export { makeOpenApi } from './functions/openapi';
export { makeParseExpression } from './functions/parse-expression';
export { makePlanApply, makePlanCreate, makePlanRead } from './functions/plan';
export { makePlanWork } from './functions/plan-work';
export { makeProvisionObject, makeProvisionObjectPoison } from './functions/provision-object';
export { makeProvisioningCycle } from './functions/provisioning-cycle';
export { makeSchema } from './functions/schema';
export { makeStatus } from './functions/status';
export { makeTestConnection } from './functions/test-connection';
