import { type Matcher, RE2JS } from 're2js';
import { translate } from './dotnet-regex-translate';
import { maxEstimatedSize, maxPatternSize, maxWork } from './limits';
import { estimatedSize } from './regex-size';
import { BoundedText, charge, type Run } from './run';

/** A piece of a replacement: text as it is, a group by its index, or what stands before, after or all round the match. */
export type ReplacementPart = string | { readonly group: number } | { readonly around: 'before' | 'after' | 'whole' };

/** A compiled pattern, or why it was refused. Messages quote the pattern, never data. */
export type RegexResult =
  | { readonly ok: true; readonly regex: DotnetRegex }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** Compiles a .NET pattern to an engine that needs linear time. Never throws. @see translate for what is refused */
export function compileRegex(pattern: string): RegexResult {
  const translation = translate(pattern);
  if (!translation.ok) return translation;
  const tooLarge = { ok: false, message: 'the pattern is too large', hint: 'use smaller repeat counts' } as const;
  if (estimatedSize(translation.pattern) > maxEstimatedSize) return tooLarge;
  try {
    const compiled = RE2JS.compile(translation.pattern);
    if (compiled.programSize() > maxPatternSize) return tooLarge;
    return { ok: true, regex: new DotnetRegex(compiled, translation.groupNames) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'not a regular expression';
    return { ok: false, message: `the pattern is not a valid regular expression: ${reason.slice(0, 200)}` };
  }
}

/** A .NET regular expression that is safe to run on any text. Case-sensitive unless the pattern says `(?i)`. */
export class DotnetRegex {
  /** RE2's index of each group in .NET's numbering: the unnamed groups first, then the named ones. */
  private readonly numbered: readonly number[];

  constructor(
    private readonly compiled: RE2JS,
    private readonly groupNames: readonly (string | undefined)[],
  ) {
    const positions = groupNames.map((name, index) => ({ name, position: index + 1 }));
    const unnamed = positions.filter(({ name }) => name === undefined);
    const named = positions.filter(({ name }) => name !== undefined);
    this.numbered = [0, ...unnamed.map(({ position }) => position), ...named.map(({ position }) => position)];
  }

  /** The index of a group by its name or its .NET number, or `undefined` when the pattern lacks it. */
  groupIndex(nameOrNumber: string): number | undefined {
    if (/^\d{1,4}$/.test(nameOrNumber)) return this.numbered[Number(nameOrNumber)];
    const position = this.groupNames.indexOf(nameOrNumber);
    return position < 0 ? undefined : position + 1;
  }

  /** The names a message can offer. */
  get names(): readonly string[] {
    return this.groupNames.filter((name) => name !== undefined);
  }

  /** The index of the group with the highest .NET number; 0, the whole match, when there is none. */
  get lastGroup(): number {
    return this.numbered.at(-1) ?? 0;
  }

  /** Whether searching a text of this length stays within the work one evaluation may spend. */
  isAffordable(length: number): boolean {
    return this.cost(length) <= maxWork;
  }

  /** Whether the pattern is found anywhere in the text. */
  test(text: string): boolean {
    return this.compiled.test(text);
  }

  /** The text of a group in the first match; `null` without a match or when the group took no part in it. */
  extract(run: Run, text: string, group: number): string | null {
    charge(run, this.cost(text.length));
    const matcher = this.compiled.matcher(text);
    return matcher.find() ? matcher.group(group) : null;
  }

  /** Replaces every match with a replacement made of `parts`. @throws EvaluationFailure when the result grows too long */
  replace(run: Run, text: string, parts: readonly ReplacementPart[]): string {
    return this.rewrite(run, text, (matcher, result) => {
      for (const part of parts) {
        if (typeof part === 'string') result.add(part);
        else if ('group' in part) result.add(matcher.group(part.group) ?? '');
        else if (part.around === 'before') result.add(text.slice(0, matcher.start()));
        else if (part.around === 'after') result.add(text.slice(matcher.end()));
        else result.add(text);
      }
    });
  }

  /** Replaces only what one group matched, in every match. @throws EvaluationFailure when the result grows too long */
  replaceGroup(run: Run, text: string, group: number, replacement: string): string {
    return this.rewrite(run, text, (matcher, result) => {
      const start = matcher.start(group);
      if (start < 0) {
        result.add(text.slice(matcher.start(), matcher.end()));
        return;
      }
      result.add(text.slice(matcher.start(), start));
      result.add(replacement);
      result.add(text.slice(matcher.end(group), matcher.end()));
    });
  }

  private rewrite(run: Run, text: string, write: (matcher: Matcher, result: BoundedText) => void): string {
    const result = new BoundedText();
    const matcher = this.compiled.matcher(text);
    let copied = 0;
    let from = 0;
    while (from <= text.length) {
      // Each search may look at all that is left before it settles, so each is charged for it.
      charge(run, this.cost(text.length - from));
      if (!matcher.find(from)) break;
      result.add(text.slice(copied, matcher.start()));
      write(matcher, result);
      copied = matcher.end();
      // Like .NET, an empty match right after another one counts; after an empty match the search moves on by one character.
      const width = (text.codePointAt(copied) ?? 0) > 0xffff ? 2 : 1;
      from = matcher.end() > matcher.start() ? copied : copied + width;
    }
    result.add(text.slice(copied));
    return result.toString();
  }

  private cost(length: number): number {
    return Math.ceil((length + 1) * (1 + this.compiled.programSize() / 8));
  }
}

/**
 * Reads a .NET replacement pattern: `$1`, `${1}`, `${name}`, `$$`, `$&`, `` $` ``, `$'`, `$+`, `$_`. Any other `$` is itself.
 * A group the pattern lacks is refused. Never throws.
 * @see https://learn.microsoft.com/dotnet/standard/base-types/substitutions-in-regular-expressions
 */
export function parseReplacement(
  template: string,
  regex: DotnetRegex,
): { readonly ok: true; readonly parts: readonly ReplacementPart[] } | { readonly ok: false; readonly group: string } {
  const parts: ReplacementPart[] = [];
  const reference = /\$(?:(\d+)|\{([A-Za-z0-9_]+)\}|([$&`'+_]))/g;
  let from = 0;
  for (const match of template.matchAll(reference)) {
    if (match.index > from) parts.push(template.slice(from, match.index));
    from = match.index + match[0].length;
    const name = match[1] ?? match[2];
    if (name !== undefined) {
      const group = regex.groupIndex(name);
      if (group === undefined) return { ok: false, group: name };
      parts.push({ group });
    } else {
      parts.push(symbol(match[3] ?? '$', regex));
    }
  }
  if (from < template.length) parts.push(template.slice(from));
  return { ok: true, parts };
}

function symbol(character: string, regex: DotnetRegex): ReplacementPart {
  switch (character) {
    case '&':
      return { group: 0 };
    case '`':
      return { around: 'before' };
    case "'":
      return { around: 'after' };
    case '_':
      return { around: 'whole' };
    case '+':
      return { group: regex.lastGroup };
    default:
      return '$';
  }
}
