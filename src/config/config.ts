import type { Slice } from './schema';
import type { Secret } from './secret';

/** Everything the app is told from outside, in slices; each part of the app gets its own slice and never the environment. */
export interface Config {
  readonly storage: StorageConfig;
  readonly source: SourceConfig;
  readonly target: ZendeskConfig;
  readonly job: JobConfig;
  readonly notification: NotificationConfig;
  readonly telemetry: Slice<'telemetry'>;
  readonly signIn: SignInConfig;
  readonly console: Slice<'console'>;
  readonly local: Slice<'local'>;
}

/** What is needed although other settings are wrong: storage, to keep work items; the mapping file, to tell its faults with theirs; who may read of them. */
export interface PartialConfig {
  readonly storage?: StorageConfig;
  readonly schemaPath?: string;
  /** Who may see the console, which says what is wrong. */
  readonly signIn?: SignInConfig;
}

/** Queue and table storage. Addresses have no trailing slash; `clientId` undefined means the system-assigned identity. */
export type StorageConfig =
  | { readonly kind: 'connectionString'; readonly connectionString: Secret }
  | { readonly kind: 'identity'; readonly queueServiceUri: string; readonly tableServiceUri: string; readonly clientId?: string };

/** Microsoft Entra ID through Microsoft Graph. */
export type SourceConfig = Slice<'source'>;

/** How the app signs in to Zendesk. */
export type ZendeskAuth =
  | { readonly kind: 'oauth'; readonly clientId: string; readonly clientSecret: Secret }
  | { readonly kind: 'apiToken'; readonly email: string; readonly token: Secret };

/** The Zendesk account. */
export type ZendeskConfig = Required<Slice<'target'>> & {
  readonly auth: ZendeskAuth;
  /** When the credential ends; undefined when it has no end that anybody has named. */
  readonly credentialEndsOn?: Date;
};

/** What the job does and how far it may go. */
export type JobConfig = Slice<'job'>;

/** Who hears of failures. Both absent: nobody but the status page. */
export interface NotificationConfig {
  readonly email?: { readonly to: readonly string[]; readonly sender: string };
  /** The address may carry a key, hence a secret. */
  readonly webhookUrl?: Secret;
  /** Where this app is reached, without a trailing slash, for links; undefined where the platform does not say. */
  readonly appUrl?: string;
}

/** Whom to believe about who asks. */
export interface SignInConfig {
  /** Whether App Service authentication stands before the app: only then does nobody else write its headers. */
  readonly isOn: boolean;
  /** The tenant whose people may come in. */
  readonly tenantId: string;
  /** The app registration for which their tokens must be made; undefined where none is named, and then nobody is believed. */
  readonly clientId?: string;
}
