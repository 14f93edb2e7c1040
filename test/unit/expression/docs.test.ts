import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileExpression, evaluate } from '../../../src/core/expression/compile';
import { functions } from '../../../src/core/expression/functions';
import type { SourceValue } from '../../../src/core/expression/values';
import { operators } from '../../../src/core/filter/operators';
import { aContext } from './a-context';

const page = readFileSync(join(__dirname, '../../../docs/expressions.md'), 'utf8');
const headings = [...page.matchAll(/^### `([A-Za-z0-9]+)\((.*)\)`$/gm)].map((match) => ({
  name: match[1] ?? '',
  signature: match[2] ?? '',
}));
const examples = [...page.matchAll(/```example\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

describe('docs/expressions.md', () => {
  it('describes exactly the functions that exist', () => {
    expect(headings.map(({ name }) => name).sort()).toEqual([...functions.keys()].sort());
  });

  it('names the parameters as the code does', () => {
    for (const { name, signature } of headings) {
      const shown =
        signature === ''
          ? []
          : signature
              .replace(/\[|\]/g, '')
              .split(', ')
              .filter((parameter) => parameter !== '…');
      const first =
        functions
          .get(name)
          ?.parameters.map((parameter) => (parameter.repeats === true ? `${parameter.name}1` : parameter.name)) ?? [];
      expect([name, shown.slice(0, first.length)]).toEqual([name, first]);
    }
  });

  it('lists exactly the filter operators that exist', () => {
    const filters = page.slice(page.indexOf('# Scoping filters'));
    const cells = [...filters.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap((match) => (match[1] ?? '').split(', '));
    expect(cells.map((cell) => cell.slice(1, -1)).sort()).toEqual(operators.map(({ name }) => name).sort());
  });

  it('has an example for every function', () => {
    const shown = examples.join('\n');
    const missing = [...functions.keys()].filter((name) => !shown.includes(`${name}(`));
    // The one function that is known only to be refused with a word of advice.
    expect(missing).toEqual(['DefaultDomain']);
    expect(examples.length).toBeGreaterThan(50);
  });

  it.each(examples.map((example) => [example]))('%s', (example) => {
    const lines = example.trimEnd().split('\n');
    const [expression = '', ...rest] = lines;
    const expected = (rest.pop() ?? '').replace(/^=> /, '');
    const attributes = Object.fromEntries(
      rest.map((line) => [line.slice(0, line.indexOf(':')), JSON.parse(line.slice(line.indexOf(':') + 1)) as SourceValue]),
    );
    const compiled = compileExpression(expression);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    const result = evaluate(compiled.expression, aContext(attributes));
    if (expected === 'dropped') expect(result).toEqual({ kind: 'dropped' });
    else expect(result).toMatchObject({ kind: 'value', value: JSON.parse(expected) });
  });
});
