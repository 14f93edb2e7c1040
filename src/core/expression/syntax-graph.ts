import { parameterName } from './call';
import { functions } from './functions';
import { parse } from './parser';
import { print, type SyntaxNode } from './syntax';

/**
 * An expression as Graph's `attributeMappingSource`: the tree of its calls.
 * @see https://learn.microsoft.com/graph/api/resources/synchronization-attributemappingsource
 */
export interface GraphMappingSource {
  readonly expression: string;
  readonly name: string;
  readonly type: 'Attribute' | 'Constant' | 'Function';
  readonly parameters: readonly { readonly key: string; readonly value: GraphMappingSource }[];
}

/** The tree of an expression that has been compiled without a problem; undefined for one that cannot be read. Pure. */
export function graphMappingSource(text: string): GraphMappingSource | undefined {
  const parsed = parse(text);
  return parsed.ok ? sourceOf(parsed.node) : undefined;
}

function sourceOf(node: SyntaxNode): GraphMappingSource {
  const expression = print(node);
  const leaf = (type: 'Attribute' | 'Constant', name: string): GraphMappingSource => ({ expression, name, type, parameters: [] });
  const tree = (name: string, parameters: readonly [string, SyntaxNode][]): GraphMappingSource => ({
    expression,
    name,
    type: 'Function',
    parameters: parameters.map(([key, value]) => ({ key, value: sourceOf(value) })),
  });
  switch (node.kind) {
    case 'attribute':
      return leaf('Attribute', node.name);
    case 'text':
    case 'number':
      return leaf('Constant', node.value);
    case 'word':
      return leaf('Constant', node.name);
    case 'call': {
      const definition = functions.get(node.name);
      const key = (index: number): string => (definition ? parameterName(definition, index) : `argument ${index + 1}`);
      return tree(
        node.name,
        node.args.flatMap((arg, index) => (arg === null ? [] : [[key(index), arg] as [string, SyntaxNode]])),
      );
    }
    // Graph has no word for conditions: an operator reads as a function of its sides.
    case 'comparison':
      return tree(node.operator, [
        ['left', node.left],
        ['right', node.right],
      ]);
    case 'and':
    case 'or':
      return tree(
        node.kind.toUpperCase(),
        node.operands.map((operand, index): [string, SyntaxNode] => [`condition${index + 1}`, operand]),
      );
    case 'group':
      return sourceOf(node.inner);
  }
}
