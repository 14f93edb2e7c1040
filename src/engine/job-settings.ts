/** The settings that decide what the job does; a slice of the configuration. */
export interface JobSettings {
  readonly tenantId: string;
  readonly servicePrincipalId: string;
  readonly subdomain: string;
  readonly scope: 'AssignedOnly' | 'All';
  readonly groupMembership: 'Direct' | 'Transitive';
  readonly defaultAccess: 'Skip' | 'EndUser';
  readonly deprovisionUsers: 'Suspend' | 'DowngradeAndSuspend' | 'Nothing';
  readonly hardDeletedUsers: 'Suspend' | 'Delete' | 'Nothing';
  readonly deletionThreshold: number;
  readonly deletionThresholdPercent: number;
  /** E-mail addresses or Zendesk ids that are never touched; lower case. */
  readonly protectedUsers: readonly string[];
}
