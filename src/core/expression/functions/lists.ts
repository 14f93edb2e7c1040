import { type FunctionDefinition, parameters } from '../call';
import { roleNames } from '../roles';

const count: FunctionDefinition = {
  name: 'Count',
  parameters: parameters('attribute'),
  build: (call) => {
    const source = call.list(0);
    return (run) => String(source(run).length);
  },
};

const item: FunctionDefinition = {
  name: 'Item',
  parameters: parameters('attribute, index'),
  build: (call) => {
    const source = call.list(0);
    const index = call.index(1);
    return (run) => {
      const position = index(run);
      return position === null ? null : (source(run)[position - 1] ?? null);
    };
  },
};

const removeDuplicates: FunctionDefinition = {
  name: 'RemoveDuplicates',
  parameters: parameters('attribute'),
  build: (call) => {
    const source = call.list(0);
    return (run) => {
      const elements = source(run);
      return elements.length === 0 ? null : [...new Set(elements)];
    };
  },
};

const split: FunctionDefinition = {
  name: 'Split',
  parameters: parameters('source, delimiter'),
  each: [0],
  build: (call) => {
    if (call.constant(1) === '') call.refuse(1, 'delimiter must not be empty');
    const source = call.text(0);
    const delimiter = call.text(1);
    return (run) => {
      const text = source(run);
      if (text === null) return null;
      const between = delimiter(run) ?? '';
      const pieces = between === '' ? [text] : text.split(between);
      return pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
    };
  },
};

const singleRole: FunctionDefinition = {
  name: 'SingleAppRoleAssignment',
  parameters: parameters('appRoleAssignments'),
  build: (call) => {
    const source = call.list(0);
    return (run) => roleNames(source(run))[0] ?? null;
  },
};

/** Several roles. Both documented forms give the same list: what a user should have. How it reaches the target is not the expression's affair. */
function severalRoles(name: string): FunctionDefinition {
  return {
    name,
    parameters: parameters('appRoleAssignments'),
    build: (call) => {
      const source = call.list(0);
      return (run) => {
        const names = roleNames(source(run));
        return names.length === 0 ? null : names;
      };
    },
  };
}

/** Functions on multi-valued attributes and role assignments. */
export const listFunctions: readonly FunctionDefinition[] = [
  count,
  item,
  removeDuplicates,
  split,
  singleRole,
  severalRoles('AppRoleAssignmentsComplex'),
  severalRoles('AssertiveAppRoleAssignmentsComplex'),
];
