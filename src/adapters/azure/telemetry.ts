import { NO_TELEMETRY, type Telemetry } from '../../ports/telemetry';
import type { TelemetryOptions } from './telemetry-options';

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
