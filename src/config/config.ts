import type { Secret } from './secret';

/** Everything the app is told from outside, in slices; each part of the app gets its own slice and never the environment. */
export interface Config {
  readonly storage: StorageConfig;
  readonly source: SourceConfig;
  readonly target: ZendeskConfig;
  readonly job: JobConfig;
  readonly notification: NotificationConfig;
  readonly telemetry: TelemetryConfig;
  readonly signIn: SignInConfig;
  readonly local: LocalConfig;
}

/** The slices that could be read although others could not; what `status` needs to say more than "not configured". */
export type PartialConfig = { readonly [Slice in keyof Config]?: Config[Slice] } & {
  /** Readable although other settings of the job are not: faults of the mapping file are told together with theirs. */
  readonly schemaPath?: string;
};

/** Queue and table storage. Addresses have no trailing slash; `clientId` undefined means the system-assigned identity. */
export type StorageConfig =
  | { readonly kind: 'connectionString'; readonly connectionString: Secret }
  | { readonly kind: 'identity'; readonly queueServiceUri: string; readonly tableServiceUri: string; readonly clientId?: string };

/** Microsoft Entra ID through Microsoft Graph. */
export interface SourceConfig {
  readonly tenantId: string;
  readonly servicePrincipalId: string;
  /** With the version, without a trailing slash. */
  readonly baseUrl: string;
  /** Set only against a simulator on loopback. */
  readonly accessToken?: Secret;
  /** Client id of the user-assigned identity; undefined means the system-assigned one. */
  readonly identityClientId?: string;
}

/** How the app signs in to Zendesk. */
export type ZendeskAuth =
  | { readonly kind: 'oauth'; readonly clientId: string; readonly clientSecret: Secret }
  | { readonly kind: 'apiToken'; readonly email: string; readonly token: Secret };

/** The Zendesk account. */
export interface ZendeskConfig {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly subdomain: string;
  readonly auth: ZendeskAuth;
  /** Above 0, at most 1: the share of the account's quota that this app may use. */
  readonly rateLimitShare: number;
}

/** What the job does and how far it may go. */
export interface JobConfig {
  readonly status: 'On' | 'Off';
  readonly scope: 'AssignedOnly' | 'All';
  readonly schemaPath: string;
  /** NCRONTAB. */
  readonly schedule: string;
  readonly groupMembership: 'Direct' | 'Transitive';
  readonly defaultAccess: 'Skip' | 'EndUser';
  readonly deprovisionUsers: 'Suspend' | 'DowngradeAndSuspend' | 'Nothing';
  readonly hardDeletedUsers: 'Suspend' | 'Delete' | 'Nothing';
  readonly deletionThreshold: number;
  /** 0 to 100. */
  readonly deletionThresholdPercent: number;
  /** E-mails (lower case) and Zendesk ids. */
  readonly protectedUsers: readonly string[];
  readonly logRetentionDays: number;
}

/** Who hears of failures. Both absent: nobody but the status page. */
export interface NotificationConfig {
  readonly email?: { readonly to: readonly string[]; readonly sender: string };
  /** The address may carry a key, hence a secret. */
  readonly webhookUrl?: Secret;
  /** Where this app is reached, without a trailing slash, for links; undefined where the platform does not tell. */
  readonly appUrl?: string;
}

/** Where telemetry goes; undefined means only the host's own log. */
export interface TelemetryConfig {
  readonly connectionString?: Secret;
}

/** Whether App Service authentication stands before the app, so that its headers can be believed. */
export interface SignInConfig {
  readonly isOn: boolean;
}

/** The local demo only. */
export interface LocalConfig {
  /** How many times faster waits pass; 1 outside the demo. */
  readonly timeScale: number;
}
