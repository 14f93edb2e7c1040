/**
 * The role names of `appRoleAssignments`, in the given order of precedence, each once. An element is a plain name or the JSON text of
 * `{"id", "value", "displayName"}`, which counts by its value, else its display name. Elements that name nothing (Default Access) are left out.
 */
export function roleNames(elements: readonly string[]): readonly string[] {
  const names = elements.map(roleName).filter((name) => name !== '');
  return [...new Set(names)];
}

function roleName(element: string): string {
  if (!element.trimStart().startsWith('{')) return element;
  try {
    const role: unknown = JSON.parse(element);
    if (typeof role !== 'object' || role === null) return '';
    const { value, displayName } = role as { value?: unknown; displayName?: unknown };
    if (typeof value === 'string' && value !== '') return value;
    return typeof displayName === 'string' ? displayName : '';
  } catch {
    // A role may really be called "{…"; then it is a plain name.
    return element;
  }
}
