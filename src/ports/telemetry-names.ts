/**
 * Every name that telemetry bears, declared once. The queries of the alerts and of the workbook (`infra/queries`) and
 * `docs/monitoring.md` are checked against these by tests.
 */

/** What one metric measures. Counters add up, histograms have an average and a worst value, gauges tell the value of the moment. */
export interface MetricDeclaration {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** In UCUM notation, as OpenTelemetry asks. @see https://ucum.org/ucum */
  readonly unit: string;
  readonly sentence: string;
}

const metric = (kind: MetricDeclaration['kind'], unit: string, sentence: string): MetricDeclaration => ({ kind, unit, sentence });

/** Every metric by its name. */
export const METRICS = {
  'provisioning.objects': metric('counter', '{object}', 'Objects whose work item ended, by type, action and status.'),
  'provisioning.object.duration': metric('histogram', 'ms', 'Time that one work item took, from its start to its log entry.'),
  'provisioning.cycle.duration': metric('histogram', 'ms', 'Time from the start of a cycle to the end of its last work item.'),
  'provisioning.export.lag': metric('histogram', 'ms', 'Time from the start of the cycle that read a change to its export.'),
  'provisioning.queue.length': metric('gauge', '{item}', 'Work items in the queue, visible or not.'),
  'provisioning.queue.wait': metric('histogram', 'ms', 'Age of a work item when it was taken off the queue.'),
  'provisioning.poisoned': metric(
    'counter',
    '{item}',
    'Work items that came back from the poison queue and are tried again later (escrows).',
  ),
  'provisioning.escrows': metric('counter', '{escrow}', 'Failures stored to be tried again (escrows), by code.'),
  'provisioning.deletions.staged': metric('counter', '{object}', 'Removals that the brake holds, by kind.'),
  'provisioning.quarantine': metric('counter', '{event}', 'Notices sent: quarantine, brake, switch-off, recovery, failures.'),
  'zendesk.requests': metric('counter', '{request}', 'Requests to Zendesk, by method, route and status (0 without an answer).'),
  'zendesk.request.duration': metric('histogram', 'ms', 'Time of one request to Zendesk, without its wait for a place.'),
  'zendesk.throttled': metric('counter', '{request}', 'Requests that Zendesk answered with 429.'),
  'zendesk.limiter.wait': metric('histogram', 'ms', 'Time that a request waited for its place within the limits.'),
  'zendesk.quota.limit': metric('gauge', '{request}/min', 'Quota of the Zendesk account, which all integrations share.'),
  'zendesk.quota.remaining': metric('gauge', '{request}', 'What is left of that quota in the running minute.'),
  'zendesk.credential.days_left': metric('gauge', 'd', 'Days until the Zendesk credential ends; sent only when it has an end.'),
  'graph.requests': metric('counter', '{request}', 'Requests to Microsoft Graph, by operation and status.'),
  'graph.request.duration': metric('histogram', 'ms', 'Time of one request to Microsoft Graph.'),
} as const satisfies Readonly<Record<string, MetricDeclaration>>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;

/** Every span by its name. Spans of one invocation form a tree; cycle and work item are joined by `cycleId` and `changeId`. */
export const SPANS = {
  'provisioning.cycle': 'One run of the timer: import, scoping, brake, enqueue.',
  'provisioning.work_item': 'One work item from the queue, from reading both sides to its log entry.',
  'provisioning.on_demand': 'On-demand provisioning of one subject.',
  'zendesk.request': 'One request to Zendesk.',
  'graph.request': 'One request to Microsoft Graph.',
} as const;

/** The name of a span. */
export type SpanName = keyof typeof SPANS;

/** Attributes that metrics carry: few values each, so that a metric stays cheap. No ids of objects. */
export const METRIC_ATTRIBUTES = [
  'objectType',
  'action',
  'status',
  'code',
  'skipReason',
  'kind',
  'state',
  'reason',
  'method',
  'route',
  'operation',
] as const;

/** Attributes that spans carry besides: ids and times. */
export const SPAN_ATTRIBUTES = [...METRIC_ATTRIBUTES, 'cycleId', 'changeId', 'sourceId', 'outcome', 'throttledMs'] as const;

/** The name of an attribute of a metric. */
export type MetricAttribute = (typeof METRIC_ATTRIBUTES)[number];

/** The name of an attribute of a span. */
export type SpanAttribute = (typeof SPAN_ATTRIBUTES)[number];

/**
 * Messages of the operational log that alerts and the workbook look for, with the fields that they read. A test holds them against
 * the engine's own text, so that a message that is reworded does not silence an alert.
 */
export const LOG_MESSAGES = {
  Provisioned: ['cycleId', 'changeId', 'sourceId', 'action', 'status', 'skipReason', 'errorCode', 'durationMs'],
  'A cycle is complete': ['cycleId', 'cycleKind', 'objects', 'failed'],
  'The cycle stopped and continues with the next one': ['cycleId', 'code', 'reason'],
  'The job is in quarantine': ['reason', 'code', 'paused'],
  'Removed a queue message that is not a work item': ['messageId'],
  'How the job stands': [
    'status',
    'reason',
    'code',
    'quarantineHours',
    'heldRemovals',
    'heldHours',
    'queueLength',
    'waitingHours',
    'healthyHours',
    'watch',
    'credentialDaysLeft',
    'credentialKind',
  ],
  'The timer is done': ['outcome', 'cycleId', 'reason'],
  'Zendesk refused a request': ['method', 'route', 'status', 'requestId', 'code'],
} as const;
