import { makeAccounts, makeAccountsRefresh } from './accounts';
import { makeAuditLogs } from './audit-logs';
import { makeGroupsCleanUp, makeGroupsLeftOver } from './clean-up';
import type { Endpoint } from './endpoint';
import { makeJobForgetEscrow, makeJobRetryEscrow, makeJobUnlink } from './escrow-control';
import { makeEvaluateFilter } from './evaluate-filter';
import { makeExplain } from './explain';
import { makeGraphNotifications } from './graph-notifications';
import { makeHealth } from './health';
import { makeHolds, makeJobReleaseHolds } from './holds';
import {
  makeJobAllowDeletes,
  makeJobDropDeletes,
  makeJobPause,
  makeJobRestart,
  makeJobRun,
  makeJobStart,
  makeJobTestNotice,
} from './job-control';
import { makeLogs } from './logs';
import { makeOnDemand } from './on-demand';
import { makeOpenApi } from './openapi';
import { makeParseExpression } from './parse-expression';
import { makePlanApply, makePlanCancel, makePlanCreate, makePlanRead } from './plan';
import type { RouteName } from './routes';
import { makeSchema } from './schema';
import { makeSchemaActivate, makeSchemaStore } from './schema-control';
import { makeSchemaDifferences, makeSchemaVersion, makeSchemaVersions } from './schema-versions';
import { makeStatus } from './status';
import { makeTestConnection } from './test-connection';

/** What stands behind each route: its handler, and what a caller must know of it. In the order of the OpenAPI document. */
export const ENDPOINTS: Readonly<Record<RouteName, Endpoint>> = {
  health: makeHealth,
  graphNotifications: makeGraphNotifications,
  status: makeStatus,
  testConnection: makeTestConnection,
  openapi: makeOpenApi,
  logs: makeLogs,
  auditLogs: makeAuditLogs,
  explain: makeExplain,
  onDemand: makeOnDemand,
  planCreate: makePlanCreate,
  planRead: makePlanRead,
  planApply: makePlanApply,
  planCancel: makePlanCancel,
  holds: makeHolds,
  groupsLeftOver: makeGroupsLeftOver,
  groupsCleanUp: makeGroupsCleanUp,
  accounts: makeAccounts,
  accountsRefresh: makeAccountsRefresh,
  jobStart: makeJobStart,
  jobPause: makeJobPause,
  jobRestart: makeJobRestart,
  jobRun: makeJobRun,
  jobAllowDeletes: makeJobAllowDeletes,
  jobDropDeletes: makeJobDropDeletes,
  jobTestNotice: makeJobTestNotice,
  jobRetryEscrow: makeJobRetryEscrow,
  jobForgetEscrow: makeJobForgetEscrow,
  jobUnlink: makeJobUnlink,
  jobReleaseHolds: makeJobReleaseHolds,
  schema: makeSchema,
  schemaStore: makeSchemaStore,
  schemaVersions: makeSchemaVersions,
  schemaVersion: makeSchemaVersion,
  schemaDifferences: makeSchemaDifferences,
  schemaActivate: makeSchemaActivate,
  parseExpression: makeParseExpression,
  evaluateFilter: makeEvaluateFilter,
};
