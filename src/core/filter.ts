// One address for the two steps of a scoping filter: load it once, then ask it about each object.
export { type CompiledFilter, compileFilter, type FilterProblem, type FilterResult } from './filter/compile-filter';
export { type ClauseOutcome, evaluateFilter, type FilterObject, type FilterOutcome } from './filter/evaluate-filter';
export type { Tristate } from './filter/operators';
