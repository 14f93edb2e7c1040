metadata description = 'Alert rules over the log. Each query is a file of its own, held against the names of the app by a test.'

import { Tags } from 'types.bicep'

@description('Name that the names of the rules begin with.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags Tags

@description('Id of the Application Insights resource.')
param insightsId string

@description('Id of the action group.')
param actionGroupId string

@description('True while the job is on: only then is silence alarming.')
param isOn bool

@description('Length of silence that is alarming, as an ISO 8601 duration.')
param noCycleWindow string

@description('More failures than this within 30 minutes are alarming.')
param failureThreshold int

@description('True while the app signs in to Zendesk with an API token.')
param usesApiToken bool

type Rule = {
  @description('Last part of the name.')
  key: string
  title: string
  @description('What happened and what to do.')
  meaning: string
  @description('0 critical to 4 verbose.')
  severity: int
  query: string
  @description('Column that is summed; null counts rows.')
  column: string?
  operator: 'GreaterThan' | 'LessThan'
  threshold: int
  frequency: string
  window: string
  enabled: bool
}

var rules Rule[] = [
  {
    key: 'quarantine'
    title: 'Zendesk provisioning: the job is in quarantine'
    meaning: 'Most calls fail, so the job has slowed down. The status page names the failing request and sample objects.'
    severity: 1
    query: loadTextContent('../queries/alert-quarantine.kql')
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT15M'
    enabled: true
  }
  {
    key: 'brake'
    title: 'Zendesk provisioning: the brake holds deprovisionings'
    meaning: 'More users or groups would lose access than the threshold allows. Look at them in the status, then call allow-deletes or correct the assignments.'
    severity: 1
    query: loadTextContent('../queries/alert-brake.kql')
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT15M'
    enabled: true
  }
  {
    key: 'credential-refused'
    title: 'Zendesk provisioning: a credential is refused'
    meaning: 'Zendesk or Microsoft Graph no longer lets the app in. Call test-connection: it says which one and what to do.'
    severity: 0
    query: loadTextContent('../queries/alert-credential-refused.kql')
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT15M'
    enabled: true
  }
  {
    key: 'failures'
    title: 'Zendesk provisioning: many objects fail'
    meaning: 'More than a fifth of the objects of the last 30 minutes failed. The workbook groups them by code.'
    severity: 2
    query: loadTextContent('../queries/alert-failures.kql')
    column: 'failures'
    operator: 'GreaterThan'
    threshold: failureThreshold
    frequency: 'PT15M'
    window: 'PT30M'
    enabled: true
  }
  {
    key: 'no-cycle'
    title: 'Zendesk provisioning: no cycle in time'
    meaning: 'No cycle came to its end. The job may be paused, in quarantine, or the app may not run.'
    severity: 1
    query: loadTextContent('../queries/alert-no-cycle.kql')
    column: 'ended'
    operator: 'LessThan'
    threshold: 1
    frequency: 'PT30M'
    window: noCycleWindow
    enabled: isOn
  }
  {
    key: 'poison'
    title: 'Zendesk provisioning: work in the poison queue'
    meaning: 'The app failed at a work item again and again. The object is an escrow now; report the error code.'
    severity: 2
    query: loadTextContent('../queries/alert-poison.kql')
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT15M'
    enabled: true
  }
  {
    key: 'function-errors'
    title: 'Zendesk provisioning: functions fail'
    meaning: 'Functions end with exceptions: storage, the host or the app itself. Look at the exceptions in Application Insights.'
    severity: 2
    query: loadTextContent('../queries/alert-function-errors.kql')
    column: 'errors'
    operator: 'GreaterThan'
    threshold: 5
    frequency: 'PT15M'
    window: 'PT30M'
    enabled: true
  }
  {
    key: 'token-sunset'
    title: 'Zendesk provisioning: the API token ends on 30 April 2027'
    meaning: 'Zendesk stops all API tokens. Create an OAuth client and set the OAuth parameters.'
    severity: 2
    query: loadTextContent('../queries/alert-token-sunset.kql')
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'P1D'
    window: 'P1D'
    enabled: usesApiToken
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
      enabled: rule.enabled
      scopes: [insightsId]
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      // A rule that looks once a day tells every day; the others end by themselves.
      autoMitigate: rule.frequency != 'P1D'
      // Before the first cycle there is no telemetry that a query could be checked against.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            metricMeasureColumn: rule.?column
            timeAggregation: empty(rule.?column) ? 'Count' : 'Total'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]
