import type { MetricAttribute, MetricName, SpanAttribute, SpanName } from './telemetry-names';

/** A value of an attribute. Undefined leaves the attribute out. Ids, codes and counts; never names, addresses or secrets. */
export type AttributeValue = string | number | boolean | undefined;

/** Attributes of a metric. */
export type MetricAttributes = Readonly<Partial<Record<MetricAttribute, AttributeValue>>>;

/** Attributes of a span. */
export type SpanAttributes = Readonly<Partial<Record<SpanAttribute, AttributeValue>>>;

/** A span under way. */
export interface OpenSpan {
  /** Adds what is known only later. */
  set(attributes: SpanAttributes): void;
}

/** Metrics and traces. Never throws and never waits for the network: telemetry that is lost harms nobody. */
export interface Telemetry {
  /** Measures something; the unit is declared with the name. */
  metric(name: MetricName, value: number, attributes?: MetricAttributes): void;
  /**
   * Carries work out within a span, whose child is every span that the work begins. Answers or throws what the work does; a throw
   * marks the span as failed by the error's `code`, or its name, and never by its message.
   * @param traceParent of the invocation (W3C Trace Context), for the outermost span; so it joins what the Functions host reports.
   */
  span<T>(name: SpanName, attributes: SpanAttributes, work: (span: OpenSpan) => Promise<T>, traceParent?: string): Promise<T>;
  /** Notes a span that ended just now, for work that was measured by somebody else. */
  finishedSpan(name: SpanName, durationMs: number, attributes: SpanAttributes, hasFailed: boolean): void;
  /** Sends what is collected, within a few seconds. For the end of a cycle. */
  flush(): Promise<void>;
  /** Sends what is collected and ends, within a few seconds. For the end of the process; idempotent. */
  close(): Promise<void>;
}

const NO_SPAN: OpenSpan = { set: () => undefined };

/** Telemetry that goes nowhere: used where no connection string is set. */
export const NO_TELEMETRY: Telemetry = {
  metric: () => undefined,
  span: (_name, _attributes, work) => work(NO_SPAN),
  finishedSpan: () => undefined,
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
