metadata description = 'Alert rules over the log. Each query is a file of its own, checked against the names of the app, and tried with rows, by tests.'

import { Tags } from 'types.bicep'

@description('Name that the names of the rules begin with.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags Tags

@description('Id of the Application Insights resource.')
param insightsId string

@description('Id of the workspace.')
param workspaceId string

@description('Id of the action group.')
param actionGroupId string

@description('True while the job is on: only then is silence alarming.')
param isOn bool

@description('More failures than this within 30 minutes are alarming.')
param failureThreshold int

// Rules about a state read the newest line `How the job stands`, which the app writes every five minutes: they end when the state ends.
type Rule = {
  @description('Last part of the name.')
  key: string
  title: string
  @description('What happened and what to do.')
  meaning: string
  @description('0 critical to 4 verbose.')
  severity: int
  query: string
  @description('Column that is summed; without one, rows are counted.')
  column: string?
  @description('GreaterThan 0 when not given.')
  operator: 'GreaterThan' | 'LessThan'?
  threshold: int?
  @description('PT15M when not given.')
  window: string?
  @description('True when silence is what alarms, which it does only while the job is on.')
  isSilence: bool?
  @description('True for the workspace itself, false for Application Insights.')
  ofWorkspace: bool?
}

var rules Rule[] = [
  {
    key: 'credential-refused'
    title: 'Zendesk provisioning: a credential is refused'
    meaning: 'Zendesk or Microsoft Graph refuses the credential of the app. Call test-connection: it says which one and what to do.'
    severity: 0
    query: loadTextContent('../queries/alert-credential-refused.kql')
  }
  {
    key: 'quarantine'
    title: 'Zendesk provisioning: the job is in quarantine'
    meaning: 'Most calls fail, so the job has been slowed down. The status page names the failing request and sample objects.'
    severity: 1
    query: loadTextContent('../queries/alert-quarantine.kql')
  }
  {
    key: 'brake'
    title: 'Zendesk provisioning: the brake holds removals'
    meaning: 'More users or groups would lose access than the threshold allows. Look at them in the status, then call allow-deletes or correct the assignments.'
    severity: 1
    query: loadTextContent('../queries/alert-brake.kql')
  }
  {
    key: 'credential-ends'
    title: 'Zendesk provisioning: the Zendesk credential expires soon'
    meaning: 'Create a new credential in Zendesk, put it into the vault and set ZENDESK_SECRET_EXPIRES_AT; instead of an API token, create an OAuth client.'
    severity: 1
    query: loadTextContent('../queries/alert-credential-ends.kql')
  }
  {
    key: 'no-cycle'
    title: 'Zendesk provisioning: no cycle in time'
    meaning: 'No cycle has run for six intervals of the schedule and at least an hour, although the job is on.'
    severity: 1
    query: loadTextContent('../queries/alert-no-cycle.kql')
  }
  {
    key: 'not-running'
    title: 'Zendesk provisioning: the app does not run'
    meaning: 'The app has not reported for half an hour, or it is not configured, or its storage does not respond. Open the status page.'
    severity: 1
    query: loadTextContent('../queries/alert-not-running.kql')
    column: 'lines'
    operator: 'LessThan'
    threshold: 1
    window: 'PT30M'
    isSilence: true
  }
  {
    key: 'telemetry-cap'
    title: 'Zendesk provisioning: no telemetry until tomorrow'
    meaning: 'The daily cap of the workspace is reached, so the other rules see nothing. Raise telemetryDailyQuotaGb, or find what writes so much.'
    severity: 1
    query: loadTextContent('../queries/alert-telemetry-cap.kql')
    window: 'PT1H'
    ofWorkspace: true
  }
  {
    key: 'failures'
    title: 'Zendesk provisioning: many objects fail'
    meaning: 'More than a fifth of the objects of the last 30 minutes failed. The workbook groups them by code.'
    severity: 2
    query: loadTextContent('../queries/alert-failures.kql')
    column: 'failures'
    threshold: failureThreshold
    window: 'PT30M'
  }
  {
    key: 'poison'
    title: 'Zendesk provisioning: work in the poison queue'
    meaning: 'The app failed at a work item again and again. The object is kept and tried again; report the error code.'
    severity: 2
    query: loadTextContent('../queries/alert-poison.kql')
  }
  {
    key: 'function-errors'
    title: 'Zendesk provisioning: functions fail'
    meaning: 'Functions end with exceptions: storage, the host or the app itself. The exceptions are in Application Insights.'
    severity: 2
    query: loadTextContent('../queries/alert-function-errors.kql')
    column: 'errors'
    threshold: 5
    window: 'PT30M'
  }
  {
    key: 'waiting'
    title: 'Zendesk provisioning: work waits for more than a day'
    meaning: 'Items of a cycle have waited for more than a day. The workbook shows whether the limits of Zendesk or failures hold them up.'
    severity: 3
    query: loadTextContent('../queries/alert-waiting.kql')
  }
]

resource alert 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: '${name}-${rule.key}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: rule.meaning
      severity: rule.severity
      enabled: !(rule.?isSilence ?? false) || isOn
      scopes: [(rule.?ofWorkspace ?? false) ? workspaceId : insightsId]
      evaluationFrequency: 'PT15M'
      windowSize: rule.?window ?? 'PT15M'
      autoMitigate: true
      // Before the first cycle there is no telemetry that a query could be checked against.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            metricMeasureColumn: rule.?column
            timeAggregation: empty(rule.?column) ? 'Count' : 'Total'
            operator: rule.?operator ?? 'GreaterThan'
            threshold: rule.?threshold ?? 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]
