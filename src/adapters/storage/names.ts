/** Queue of work items, as the queue trigger and its producers name it. */
export const WORK_QUEUE = 'provisioning-work';

/** Where the runtime puts items that failed too often. The suffix is the runtime's own. @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages */
export const POISON_QUEUE = `${WORK_QUEUE}-poison`;

/** Every table, declared once. */
export const TABLES = {
  state: 'ProvisioningState',
  connectorSpace: 'ConnectorSpace',
  links: 'Links',
  escrows: 'Escrows',
  cycles: 'Cycles',
  log: 'ProvisioningLog',
  stagedDeletions: 'StagedDeletions',
  offboarding: 'Offboarding',
  plans: 'Plans',
  planSpace: 'PlanSpace',
  accounts: 'Accounts',
  schemas: 'Schemas',
  holds: 'Holds',
} as const;

/** The name of one of the app's tables. */
export type TableName = (typeof TABLES)[keyof typeof TABLES];
