import { type Json, ref } from './route';
import { COUNT, listOf, object, oneOf, TEXT } from './schema-kit';

/** How app and job stand. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus */
export const STATUS_SCHEMAS: Readonly<Record<string, Json>> = {
  Health: object({ status: oneOf('pass', 'warn', 'fail'), version: TEXT, serviceId: TEXT }),
  Status: object(
    {
      id: TEXT,
      version: TEXT,
      provisioningStatus: oneOf('On', 'Off'),
      status: object({ code: oneOf('NotConfigured', 'NotRun', 'Active', 'Paused', 'Quarantine') }),
      problems: { ...listOf(ref('SettingFault')), description: 'Only while not configured: every problem.' },
      warnings: listOf(ref('SettingFault')),
      cycles: { ...listOf({ type: 'object' }), description: 'Newest first, with counts of objects.' },
      escrows: object({ count: COUNT, listed: listOf(ref('Escrow')) }),
      stagedDeletions: object({ count: COUNT }),
      queueLength: COUNT,
    },
    ...['id', 'provisioningStatus', 'problems', 'cycles', 'escrows', 'stagedDeletions', 'queueLength'],
  ),
  TestConnection: object({
    status: oneOf('pass', 'warn', 'fail'),
    checks: listOf(object({ name: TEXT, status: oneOf('pass', 'warn', 'fail'), tried: TEXT, result: TEXT, action: TEXT })),
  }),
};
