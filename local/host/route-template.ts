/**
 * ASP.NET route templates as HTTP triggers use them: literals (case does not matter), `{name}`, `{name?}`, `{name=default}`,
 * `{name:constraint:constraint}`, `{*rest}`, and several of them in one segment.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#customize-the-http-endpoint
 */
export interface RouteTemplate {
  /** The values of the parameters, decoded; undefined when the path does not fit. */
  match(path: string): Record<string, string> | undefined;
}

interface Parameter {
  readonly name: string;
  readonly isOptional: boolean;
  readonly isCatchAll: boolean;
  readonly fallback: string | undefined;
  readonly accepts: readonly ((value: string) => boolean)[];
}

interface Segment {
  readonly pattern: RegExp;
  readonly parameters: readonly Parameter[];
}

/** Compiles a template without a leading slash. @throws Error when it uses something this host does not know. */
export function parseRoute(template: string): RouteTemplate {
  const segments = splitOutsideBraces(template.replace(/^\/+|\/+$/g, ''), '/')
    .filter((text) => text !== '')
    .map(parseSegment);
  return {
    match: (path) =>
      matchSegments(
        segments,
        path.split('/').filter((text) => text !== ''),
      ),
  };
}

function matchSegments(segments: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const values: Record<string, string> = Object.create(null);
  for (const [index, segment] of segments.entries()) {
    const [only] = segment.parameters;
    const text = only?.isCatchAll ? path.slice(index).join('/') : path[index];
    if (text === undefined || text === '') {
      if (only?.fallback !== undefined) values[only.name] = only.fallback;
      else if (!(only?.isOptional || only?.isCatchAll)) return undefined;
      continue;
    }
    const found = segment.pattern.exec(decode(text));
    if (found === null) return undefined;
    for (const [position, parameter] of segment.parameters.entries()) {
      const value = found[position + 1] ?? '';
      if (!parameter.accepts.every((accepts) => accepts(value))) return undefined;
      values[parameter.name] = value;
    }
    if (only?.isCatchAll) return values;
  }
  return path.length <= segments.length ? values : undefined;
}

function parseSegment(text: string): Segment {
  const parameters: Parameter[] = [];
  let pattern = '';
  for (const piece of text.match(/\{(?:[^{}]|\{\{[^{}]*\}\})*\}|[^{}]+/g) ?? []) {
    if (piece.startsWith('{')) {
      const parameter = parseParameter(piece.slice(1, -1));
      parameters.push(parameter);
      pattern += parameter.isCatchAll ? '(.*)' : '(.+?)';
    } else pattern += piece.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  }
  return { pattern: new RegExp(`^${pattern}$`, 'is'), parameters };
}

function parseParameter(text: string): Parameter {
  const match = /^(\*{0,2})(\w+)((?::[\s\S]*)?)$/.exec(text.replace(/\?$/, '').replace(/=[^:()]*$/, ''));
  if (match === null) throw new Error(`Route parameter "{${text}}" cannot be read`);
  const [, star = '', name = '', constraints = ''] = match;
  return {
    name,
    isOptional: text.endsWith('?'),
    isCatchAll: star !== '',
    fallback: /=([^:()]*)$/.exec(text)?.[1],
    accepts: splitOutsideBraces(constraints.slice(1), ':')
      .filter((constraint) => constraint !== '')
      .map(parseConstraint),
  };
}

/** @see https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints */
function parseConstraint(text: string): (value: string) => boolean {
  const [, name = '', argument = ''] = /^(\w+)(?:\(([\s\S]*)\))?$/.exec(text) ?? [];
  const [low = Number.NaN, high = low] = argument.split(',').map(Number);
  switch (name.toLowerCase()) {
    case 'int':
    case 'long':
      return (value) => /^[+-]?\d+$/.test(value);
    case 'bool':
      return (value) => /^(true|false)$/i.test(value);
    case 'guid':
      return (value) => /^(\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?|[0-9a-f]{32})$/i.test(value);
    case 'alpha':
      return (value) => /^[a-z]*$/i.test(value);
    case 'min':
      return (value) => /^[+-]?\d+$/.test(value) && Number(value) >= low;
    case 'max':
      return (value) => /^[+-]?\d+$/.test(value) && Number(value) <= low;
    case 'range':
      return (value) => /^[+-]?\d+$/.test(value) && Number(value) >= low && Number(value) <= high;
    case 'length':
      return (value) => value.length >= low && value.length <= high;
    case 'minlength':
      return (value) => value.length >= low;
    case 'maxlength':
      return (value) => value.length <= low;
    case 'regex': {
      const pattern = new RegExp(argument.replace(/\{\{/g, '{').replace(/\}\}/g, '}'), 'i');
      return (value) => pattern.test(value);
    }
    default:
      throw new Error(`Route constraint "${text}" is unknown to the local host`);
  }
}

function splitOutsideBraces(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const [index, character] of [...text].entries()) {
    if (character === '{' || character === '(') depth += 1;
    else if (character === '}' || character === ')') depth -= 1;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** The server hands the path over decoded, except for an encoded slash, which must not split a segment. */
function decode(text: string): string {
  try {
    return text
      .split(/(%2f)/i)
      .map((part, index) => (index % 2 === 1 ? part : decodeURIComponent(part)))
      .join('');
  } catch {
    return text;
  }
}
