metadata description = 'The workbook in the portal: summary, cycles, one object, errors, throttling.'

import { Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags.')
param tags Tags

@description('Title in the gallery.')
param title string

@description('Id of the Application Insights resource.')
param insightsId string

type Chart = {
  title: string
  query: string
  visualization: 'table' | 'timechart' | 'barchart' | 'piechart' | 'tiles'
  @description('Shown only when this parameter has a value.')
  needs: string?
}

type Section = {
  title: string
  text: string
  charts: Chart[]
}

var sections Section[] = [
  {
    title: 'Summary'
    text: 'What the app did in the time range.'
    charts: [
      { title: 'Objects by outcome', query: loadTextContent('../queries/summary-tiles.kql'), visualization: 'piechart' }
      {
        title: 'Objects over time'
        query: loadTextContent('../queries/summary-outcomes.kql')
        visualization: 'barchart'
      }
      { title: 'Events of the job', query: loadTextContent('../queries/job-events.kql'), visualization: 'table' }
    ]
  }
  {
    title: 'Cycles'
    text: 'Copy a cycle id into the parameter above to see how its objects ended.'
    charts: [
      { title: 'Cycles', query: loadTextContent('../queries/cycles.kql'), visualization: 'table' }
      {
        title: 'One cycle'
        query: loadTextContent('../queries/cycle-outcomes.kql')
        visualization: 'table'
        needs: 'CycleId'
      }
    ]
  }
  {
    title: 'One user or group'
    text: 'Put the object id of the user or group in Entra ID into the parameter above. Names and values are in the provisioning log of the app: telemetry holds ids only.'
    charts: [
      {
        title: 'History'
        query: loadTextContent('../queries/object-history.kql')
        visualization: 'table'
        needs: 'SourceId'
      }
      {
        title: 'Calls'
        query: loadTextContent('../queries/object-trace.kql')
        visualization: 'table'
        needs: 'SourceId'
      }
    ]
  }
  {
    title: 'Errors and skips'
    text: 'Every failure is an escrow that is tried again; every skip has its reason.'
    charts: [
      { title: 'Failures by code', query: loadTextContent('../queries/errors.kql'), visualization: 'table' }
      { title: 'What Zendesk refused', query: loadTextContent('../queries/refusals.kql'), visualization: 'table' }
      { title: 'Skips by reason', query: loadTextContent('../queries/skips.kql'), visualization: 'table' }
    ]
  }
  {
    title: 'Throttling and waiting'
    text: 'Throttling is not failure: work waits in the queue and goes on.'
    charts: [
      {
        title: 'Requests and 429 responses'
        query: loadTextContent('../queries/throttling.kql')
        visualization: 'timechart'
      }
      {
        title: 'Quota of the Zendesk account'
        query: loadTextContent('../queries/quota.kql')
        visualization: 'timechart'
      }
      { title: 'Waiting', query: loadTextContent('../queries/waiting.kql'), visualization: 'timechart' }
      { title: 'Work items in the queue', query: loadTextContent('../queries/backlog.kql'), visualization: 'timechart' }
    ]
  }
]

var parameters = {
  type: 9
  name: 'parameters'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    queryType: 0
    resourceType: 'microsoft.insights/components'
    parameters: [
      {
        id: guid('TimeRange')
        version: 'KqlParameterItem/1.0'
        name: 'TimeRange'
        label: 'Time range'
        type: 4
        isRequired: true
        value: { durationMs: 86400000 }
        typeSettings: {
          selectableValues: [
            { durationMs: 3600000 }
            { durationMs: 14400000 }
            { durationMs: 86400000 }
            { durationMs: 604800000 }
            { durationMs: 2592000000 }
          ]
          allowCustom: true
        }
      }
      { id: guid('CycleId'), version: 'KqlParameterItem/1.0', name: 'CycleId', label: 'Cycle id', type: 1, value: '' }
      {
        id: guid('SourceId')
        version: 'KqlParameterItem/1.0'
        name: 'SourceId'
        label: 'Object id in Entra ID'
        type: 1
        value: ''
      }
    ]
  }
}

var groups = [
  for (section, index) in sections: {
    type: 12
    name: 'section-${index}'
    content: {
      version: 'NotebookGroup/1.0'
      groupType: 'editable'
      title: section.title
      items: concat(
        [{ type: 1, name: 'text-${index}', content: { json: section.text } }],
        map(
          section.charts,
          chart =>
            union(
              {
                type: 3
                name: chart.title
                content: {
                  version: 'KqlItem/1.0'
                  title: chart.title
                  query: chart.query
                  size: chart.visualization == 'table' ? 0 : 1
                  queryType: 0
                  resourceType: 'microsoft.insights/components'
                  visualization: chart.visualization
                  timeContextFromParameter: 'TimeRange'
                  showExportToExcel: true
                  noDataMessage: 'Nothing in this time range.'
                }
              },
              contains(chart, 'needs')
                ? { conditionalVisibility: { parameterName: chart.needs!, comparison: 'isNotEqualTo', value: '' } }
                : {}
            )
        )
      )
    }
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, insightsId, 'provisioning')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: insightsId
    version: 'Notebook/1.0'
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([parameters], groups)
      fallbackResourceIds: [insightsId]
      '$schema': 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json'
    })
  }
}

@description('Id of the workbook.')
output id string = workbook.id
