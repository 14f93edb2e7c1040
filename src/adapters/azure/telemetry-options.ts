import type { TokenCredential } from '@azure/identity';
import type { AzureMonitorExporterOptions } from '@azure/monitor-opentelemetry-exporter';

/** What sends requests for the exporter. */
export type HttpClient = NonNullable<AzureMonitorExporterOptions['httpClient']>;

/** Where telemetry goes and as whom. */
export interface TelemetryOptions {
  /** Of Application Insights. Undefined: telemetry goes nowhere, and the libraries are not even loaded. */
  readonly connectionString: string;
  /** Needed where local authentication is off, as the template has it; undefined signs with the key in the connection string. */
  readonly credential?: TokenCredential;
  /** Name of the app, as the portal's application map shows it. */
  readonly serviceName: string;
  readonly version: string;
  /** The wire; undefined is the real one. */
  readonly httpClient?: HttpClient;
}
