import type { JobConfig } from '../config/config';

/** The settings that decide what the job does: the job's slice of the configuration, and whose job it is. */
export interface JobSettings
  extends Pick<
    JobConfig,
    | 'scope'
    | 'groupMembership'
    | 'defaultAccess'
    | 'deprovisionUsers'
    | 'hardDeletedUsers'
    | 'deletionThreshold'
    | 'deletionThresholdPercent'
    | 'protectedUsers'
  > {
  readonly tenantId: string;
  readonly servicePrincipalId: string;
  readonly subdomain: string;
}
