/**
 * Parses every query of `infra/queries` with the Kusto language service, against the tables of Application Insights.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const COMMON =
  'timestamp:datetime, itemType:string, customDimensions:dynamic, operation_Name:string, operation_Id:string, cloud_RoleName:string';
/** The columns that we may use. `_LogOperation` is a table of the workspace. https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete */
const TABLES = {
  traces: 'message:string, severityLevel:int',
  requests: 'id:string, name:string, success:bool, resultCode:string, duration:real',
  dependencies: 'id:string, name:string, data:string, success:bool, resultCode:string, duration:real',
  customMetrics: 'name:string, value:real, valueCount:int, valueSum:real, valueMin:real, valueMax:real',
  _LogOperation: 'TimeGenerated:datetime, Category:string, Operation:string, Detail:string, Level:string',
};

const items = (list) => Array.from({ length: list.Count }, (_, index) => list.getItem(index));

/** @param {string} folder @returns {readonly string[]} the problems found */
export function checkQueries(folder) {
  const load = createRequire(import.meta.url);
  // Scripts for a browser: each puts what it holds into the global scope.
  load('@kusto/language-service-next/bridge.min.js');
  load('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
  const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;
  const tables = Object.entries(TABLES).map(([name, columns]) =>
    Symbols.TableSymbol.From(`(${columns}, ${COMMON})`).WithName(name),
  );
  // The third constructor takes a name, another name, the members and whether unknown tables may exist.
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor3('insights', null, tables, false));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.kql'))
    .flatMap((name) => {
      // Parameters of the workbook, which the portal puts in.
      const text = readFileSync(join(folder, name), 'utf8')
        .replaceAll('{TimeRange:grain}', '1h')
        .replaceAll(/\{(CycleId|SourceId)\}/g, 'x');
      return items(KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics()).map(
        ({ Message, Start }) => `${name}: ${Message} at "${text.slice(Start, Start + 40).split('\n')[0]}"`,
      );
    });
}
