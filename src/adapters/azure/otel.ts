import { AsyncLocalStorage } from 'node:async_hooks';
import { AzureMonitorMetricExporter, AzureMonitorTraceExporter } from '@azure/monitor-opentelemetry-exporter';
import { type Attributes, type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { MetricAttributes, OpenSpan, SpanAttributes, Telemetry } from '../../ports/telemetry';
import { METRICS, type MetricDeclaration, type MetricName } from '../../ports/telemetry-names';
import type { TelemetryOptions } from './telemetry-options';

/** The instrumentation scope of everything sent. */
const SCOPE = 'zendesk-provisioning';
/** How often metrics leave. Each interval is one record per metric and set of attributes, however much happened in it. */
const METRIC_INTERVAL_MS = 60_000;
/** A flush that takes longer is given up: the end of an invocation must not hang on it. */
const FLUSH_MS = 5_000;
/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

type Recorder = (value: number, attributes: Attributes) => void;

/**
 * Telemetry through OpenTelemetry to Azure Monitor. Nothing global is registered, so other libraries of the process neither see it
 * nor send through it. Loaded by `telemetry.ts` only when there is somewhere to send to.
 */
export function openOtel(options: TelemetryOptions): Telemetry {
  const exporter = {
    connectionString: options.connectionString,
    // A function has no disk to keep unsent telemetry on.
    disableOfflineStorage: true,
    ...(options.credential && { credential: options.credential }),
    ...(options.httpClient && { httpClient: options.httpClient }),
  };
  const resource = resourceFromAttributes({ 'service.name': options.serviceName, 'service.version': options.version });
  const metrics = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new AzureMonitorMetricExporter(exporter),
        exportIntervalMillis: METRIC_INTERVAL_MS,
        exportTimeoutMillis: METRIC_INTERVAL_MS / 2,
      }),
    ],
  });
  const spans = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new AzureMonitorTraceExporter(exporter))],
  });
  const meter = metrics.getMeter(SCOPE);
  const tracer = spans.getTracer(SCOPE);
  const active = new AsyncLocalStorage<Context>();
  const recorders = new Map<MetricName, Recorder>();
  let closing: Promise<void> | undefined;

  function recorder(name: MetricName): Recorder {
    const known = recorders.get(name);
    if (known) return known;
    const { kind, unit, sentence }: MetricDeclaration = METRICS[name];
    const details = { unit, description: sentence };
    const made = {
      counter: (): Recorder => {
        const counter = meter.createCounter(name, details);
        return (value, attributes) => counter.add(value, attributes);
      },
      histogram: (): Recorder => {
        const histogram = meter.createHistogram(name, details);
        return (value, attributes) => histogram.record(value, attributes);
      },
      gauge: (): Recorder => {
        const gauge = meter.createGauge(name, details);
        return (value, attributes) => gauge.record(value, attributes);
      },
    }[kind]();
    recorders.set(name, made);
    return made;
  }

  return {
    metric: (name, value, attributes = {}) => recorder(name)(value, present(attributes)),
    async span(name, attributes, work, traceParent) {
      const parent = active.getStore() ?? remote(traceParent);
      const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes: present(attributes) }, parent);
      const open: OpenSpan = { set: (more) => void span.setAttributes(present(more)) };
      try {
        return await active.run(trace.setSpan(parent, span), () => work(open));
      } catch (error) {
        fail(span, codeOf(error));
        throw error;
      } finally {
        span.end();
      }
    },
    finishedSpan(name, durationMs, attributes, hasFailed) {
      const endedAt = Date.now();
      const parent = active.getStore() ?? ROOT_CONTEXT;
      const startTime = endedAt - Math.max(0, durationMs);
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: present(attributes), startTime }, parent);
      if (hasFailed) fail(span);
      span.end(endedAt);
    },
    flush: () => inTime(metrics.forceFlush(), spans.forceFlush()),
    close() {
      closing ??= inTime(metrics.shutdown(), spans.shutdown());
      return closing;
    },
  };
}

/** Waits for sending, but not long, and never fails: lost telemetry harms nobody. */
async function inTime(...sending: readonly Promise<void>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, FLUSH_MS);
  });
  await Promise.race([Promise.allSettled(sending), late]);
  clearTimeout(timer);
}

/** Attributes that have a value. */
function present(attributes: MetricAttributes | SpanAttributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function remote(traceParent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceParent ?? '') ?? [];
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true });
}

function fail(span: Span, code?: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, ...(code === undefined ? {} : { message: code }) });
}

/** What kind of error it was: its code, else its class. Never its message, which may hold what people typed. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
