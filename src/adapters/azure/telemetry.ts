import type { TokenCredential } from '@azure/identity';
import { NO_TELEMETRY, type Telemetry } from '../../ports/telemetry';
import type { HttpClient } from './otel';

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

/**
 * Telemetry to Azure Monitor. The OpenTelemetry libraries are loaded with the first measurement, so that a cold start does not wait
 * for them. If they cannot be loaded, `onProblem` hears of it once and telemetry goes nowhere.
 * @param options undefined: telemetry goes nowhere
 */
export function makeTelemetry(options: TelemetryOptions | undefined, onProblem: (error: unknown) => void): Telemetry {
  if (!options) return NO_TELEMETRY;
  let loaded: Telemetry | undefined;
  let loading: Promise<Telemetry> | undefined;
  const load = (): Promise<Telemetry> => {
    loading ??= import('./otel').then(
      ({ openOtel }) => {
        loaded = openOtel(options);
        return loaded;
      },
      (error: unknown) => {
        onProblem(error);
        loaded = NO_TELEMETRY;
        return loaded;
      },
    );
    return loading;
  };
  const use = (act: (telemetry: Telemetry) => void): void => {
    if (loaded) act(loaded);
    else void load().then(act);
  };
  return {
    metric: (name, value, attributes) => use((telemetry) => telemetry.metric(name, value, attributes)),
    span: async (name, attributes, work, traceParent) => (loaded ?? (await load())).span(name, attributes, work, traceParent),
    finishedSpan: (name, durationMs, attributes, hasFailed) =>
      use((telemetry) => telemetry.finishedSpan(name, durationMs, attributes, hasFailed)),
    flush: async () => {
      if (loading) await (await loading).flush();
    },
    close: async () => {
      if (loading) await (await loading).close();
    },
  };
}
