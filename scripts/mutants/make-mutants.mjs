import { parse } from '@babel/parser';

/**
 * One small change to a source file that a test should notice.
 *
 * @typedef {object} Mutant
 * @property {number} line from 1
 * @property {number} start offset of what is replaced
 * @property {number} end offset after it
 * @property {string} before what is replaced
 * @property {string} after what stands there instead
 * @property {string} kind the operator
 */

const FLIPPED = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '-': '+',
  '*': '/',
  '/': '*',
};
const CALLS = { some: 'every', every: 'some', min: 'max', max: 'min' };
/** Of TypeScript's own nodes only these hold code that runs. */
const WITH_CODE = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression']);

/** All mutants of a TypeScript file, in the order of the text. @param {string} text @returns {Mutant[]} */
export function makeMutants(text) {
  const mutants = [];
  const add = (kind, start, end, after, line) => mutants.push({ kind, start, end, before: text.slice(start, end), after, line });
  const visit = (node) => {
    if (node.type.startsWith('TS') && !WITH_CODE.has(node.type)) return;
    mutate(node, text, (kind, part, after) => add(kind, part.start, part.end, after, part.loc.start.line));
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parse(text, { sourceType: 'module', plugins: ['typescript'] }).program);
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The file with one mutant in it. @param {string} text @param {Mutant} mutant */
export const applyMutant = (text, { start, end, after }) => text.slice(0, start) + after + text.slice(end);

function mutate(node, text, add) {
  const source = (part) => text.slice(part.start, part.end);
  switch (node.type) {
    case 'IfStatement':
      if (isGuard(node)) add('guard removed', node, ';');
      negate(node.test);
      break;
    case 'ConditionalExpression':
      negate(node.test);
      break;
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const operator = FLIPPED[node.operator];
      if (operator) {
        // An operator in a comment is none.
        const between = text
          .slice(node.left.end, node.right.start)
          .replaceAll(/\/\*.*?\*\/|\/\/.*/gs, (it) => ' '.repeat(it.length));
        const at = node.left.end + between.indexOf(node.operator);
        add('operator', { start: at, end: at + node.operator.length, loc: lineAt(text, at) }, operator);
      }
      break;
    }
    case 'UnaryExpression':
      if (node.operator === '!') add('negation removed', node, source(node.argument));
      break;
    case 'BooleanLiteral':
      add('boolean', node, String(!node.value));
      break;
    case 'NumericLiteral':
      for (const other of neighbours(node.value)) add('number', node, String(other));
      break;
    case 'CallExpression': {
      const { callee } = node;
      if (callee.type !== 'MemberExpression' || callee.computed) break;
      const name = callee.property.name;
      if (Object.hasOwn(CALLS, name)) add('call', callee.property, CALLS[name]);
      if (name === 'filter') add('filter removed', node, source(callee.object));
      break;
    }
  }

  /** Not where flipping the operator does the same. */
  function negate(test) {
    if (test.type === 'BinaryExpression' && ['===', '!=='].includes(test.operator)) return;
    if (test.type === 'UnaryExpression' && test.operator === '!') return;
    add('condition negated', test, `!(${source(test)})`);
  }
}

/** One more and one less; of large numbers, which are tuned and not counted, double and half. */
function neighbours(value) {
  if (value >= 1000) return [value * 2, value / 2];
  return value > 0 ? [value + 1, value - 1] : [value + 1];
}

/** An `if` without `else` that does nothing but leave. */
function isGuard({ consequent, alternate }) {
  const statement = consequent.type === 'BlockStatement' && consequent.body.length === 1 ? consequent.body[0] : consequent;
  return (
    alternate === null && ['ReturnStatement', 'ThrowStatement', 'ContinueStatement', 'BreakStatement'].includes(statement.type)
  );
}

const lineAt = (text, offset) => ({ start: { line: text.slice(0, offset).split('\n').length } });

function childrenOf(node) {
  return Object.entries(node)
    .filter(([name]) => name !== 'loc' && !name.endsWith('Comments'))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter((value) => typeof value === 'object' && value !== null && typeof value.type === 'string');
}
