import { type FunctionDefinition, parameters } from '../call';
import { EvaluationFailure, FlowDropped } from '../run';
import { fromBoolean, isEmpty, isTruthy, type Value } from '../values';

function test(name: string, holds: (value: Value) => boolean): FunctionDefinition {
  return {
    name,
    parameters: parameters('Expression'),
    build: (call) => {
      const source = call.value(0);
      return (run) => fromBoolean(holds(source(run)));
    },
  };
}

const iif: FunctionDefinition = {
  name: 'IIF',
  parameters: parameters('condition, valueIfTrue, valueIfFalse'),
  build: (call) => {
    const first = call.syntax(0);
    if (first?.kind === 'call' && first.name === 'IgnoreFlowIfNullOrEmpty') {
      call.refuse(0, 'IgnoreFlowIfNullOrEmpty is not a condition', 'put it round the whole: `IgnoreFlowIfNullOrEmpty(IIF(…))`');
    }
    const condition = call.value(0);
    const whenTrue = call.value(1);
    const whenFalse = call.value(2);
    return (run) => (isTruthy(condition(run)) ? whenTrue(run) : whenFalse(run));
  },
};

const switchFunction: FunctionDefinition = {
  name: 'Switch',
  parameters: [
    { name: 'source', required: true },
    { name: 'defaultValue', required: false },
    { name: 'key', required: true, repeats: true },
    { name: 'value', required: true, repeats: true },
  ],
  each: [0],
  build: (call) => {
    if (call.count % 2 !== 0) {
      call.refuse(
        undefined,
        `takes an even number of arguments, and there are ${call.count}`,
        'after source and defaultValue, keys and values come in pairs',
      );
    }
    const source = call.text(0);
    const otherwise = call.value(1);
    const pairs = Array.from({ length: Math.max(0, Math.floor((call.count - 2) / 2)) }, (_, pair) => ({
      key: call.text(2 + pair * 2),
      value: call.value(3 + pair * 2),
    }));
    return (run) => {
      const wanted = source(run) ?? '';
      for (const { key, value } of pairs) {
        if ((key(run) ?? '') === wanted) return value(run);
      }
      return otherwise(run);
    };
  },
};

const coalesce: FunctionDefinition = {
  name: 'Coalesce',
  parameters: parameters('source...'),
  build: (call) => {
    const sources = call.valuesFrom(0);
    return (run) => {
      for (const source of sources) {
        const value = source(run);
        if (value !== null) return value;
      }
      return null;
    };
  },
};

const not: FunctionDefinition = {
  name: 'Not',
  parameters: parameters('source'),
  build: (call) => {
    const source = call.text(0);
    return (run) => fromBoolean(source(run)?.toLowerCase() !== 'true');
  },
};

const ignoreFlow: FunctionDefinition = {
  name: 'IgnoreFlowIfNullOrEmpty',
  parameters: parameters('expression'),
  build: (call) => {
    const source = call.value(0);
    return (run) => {
      const value = source(run);
      if (isEmpty(value)) throw new FlowDropped();
      return value;
    };
  },
};

const bitAnd: FunctionDefinition = {
  name: 'BitAnd',
  parameters: parameters('value1, value2'),
  build: (call) => {
    const first = call.whole(0);
    const second = call.whole(1);
    return (run) => {
      const a = first(run);
      const b = second(run);
      return a === null || b === null ? null : (a & b).toString();
    };
  },
};

const cStr: FunctionDefinition = {
  name: 'CStr',
  parameters: parameters('value'),
  each: [0],
  build: (call) => {
    const source = call.text(0);
    return (run) => source(run);
  },
};

const redact: FunctionDefinition = {
  name: 'Redact',
  parameters: parameters('value'),
  build: (call) => call.value(0),
};

const selectUniqueValue: FunctionDefinition = {
  name: 'SelectUniqueValue',
  parameters: parameters('uniqueValueRule...'),
  build: (call) => {
    if (call.count === 1)
      call.refuse(undefined, 'takes at least two arguments', 'the second is used when the first value is taken');
    const rules = call.valuesFrom(0).map((_, index) => call.text(index));
    return (run) => {
      let candidates = 0;
      for (const rule of rules) {
        const candidate = rule(run);
        if (candidate === null || candidate === '') continue;
        candidates += 1;
        if (run.context.isUniqueInTarget?.(candidate) ?? true) return candidate;
      }
      if (candidates === 0) return null;
      throw new EvaluationFailure(`SelectUniqueValue: all ${candidates} candidates exist in the target already`);
    };
  },
};

const defaultDomain: FunctionDefinition = {
  name: 'DefaultDomain',
  parameters: [],
  build: (call) => {
    // Graph shows it to Organization.Read.All only, which no other part of this app needs.
    call.refuse(
      undefined,
      'the default domain is not read, because that needs one more permission in Entra ID',
      'write the domain as a text, such as `"contoso.com"`',
    );
    return () => null;
  },
};

/** Conditions, choices, conversions and the functions about the flow itself. */
export const logicFunctions: readonly FunctionDefinition[] = [
  iif,
  switchFunction,
  coalesce,
  not,
  ignoreFlow,
  bitAnd,
  cStr,
  redact,
  selectUniqueValue,
  defaultDomain,
  test('CBool', (value) => isTruthy(value)),
  test('IsNull', (value) => value === null),
  test('IsNullOrEmpty', isEmpty),
  test('IsPresent', (value) => !isEmpty(value)),
  test('IsString', (value) => typeof value === 'string'),
];
