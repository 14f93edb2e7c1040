import { parse } from '../expression/parser';
import { type ExpressionProblem, problemAt } from '../expression/problems';
import type { SyntaxNode } from '../expression/syntax';
import type { ObjectType } from '../model';
import { sourceAttribute } from './source-attributes';

/**
 * Where an expression compares a Boolean with `"true"` or `"false"` in another case than the language prints them: texts compare with case, so
 * it never holds. Allowed, and hardly meant. Pure; never throws.
 */
export function booleanSlips(type: ObjectType, text: string): readonly ExpressionProblem[] {
  const parsed = parse(text);
  if (!parsed.ok) return [];
  const found: ExpressionProblem[] = [];
  const isBoolean = (node: SyntaxNode | null | undefined): boolean =>
    node?.kind === 'attribute' && (node.name === 'IsSoftDeleted' || sourceAttribute(type, node.name)?.kind === 'boolean');
  const note = (node: SyntaxNode | null | undefined): void => {
    if (node?.kind !== 'text' || !/^(?:true|false)$/i.test(node.value) || /^(?:True|False)$/.test(node.value)) return;
    const meant = node.value.toLowerCase() === 'true' ? 'True' : 'False';
    found.push(problemAt(text, node.offset, `\`"${node.value}"\` never equals a Boolean`, `write \`"${meant}"\``));
  };
  const visit = (node: SyntaxNode | null): void => {
    if (node === null) return;
    if (node.kind === 'comparison') {
      if (isBoolean(node.left)) note(node.right);
      if (isBoolean(node.right)) note(node.left);
      visit(node.left);
      visit(node.right);
    } else if (node.kind === 'call') {
      // The keys of a Switch are its third argument and every second one after it.
      if (node.name === 'Switch' && isBoolean(node.args[0]))
        for (const [index, arg] of node.args.entries()) if (index >= 2 && index % 2 === 0) note(arg);
      node.args.forEach(visit);
    } else if (node.kind === 'and' || node.kind === 'or') node.operands.forEach(visit);
    else if (node.kind === 'group') visit(node.inner);
  };
  visit(parsed.node);
  return found;
}
