import { type Call, type FunctionDefinition, parameters } from '../call';
import { compileRegex, type DotnetRegex, parseReplacement } from '../dotnet-regex';
import { type Evaluator, type Run, replaceLiterally } from '../run';

const source = 0;
const oldValue = 1;
const regexPattern = 2;
const regexGroupName = 3;
const replacementValue = 4;
const replacementAttributeName = 5;
const template = 6;

type TextOf = (run: Run) => string | null;
const nothing: Evaluator = () => null;

/**
 * Replaces in five ways, by which arguments are given. Empty texts count as not given, except as replacementValue.
 *
 *   oldValue  regexPattern  regexGroupName  others                     │ result
 *   yes       –             –               template                   │ template with oldValue replaced by source
 *   yes       –             –               replacementValue           │ source with oldValue replaced, literally
 *   –         yes           –               replacementValue           │ source with each match replaced, `$1` and `${name}` filled in
 *   –         yes           yes             replacementValue           │ source with that group replaced, literally
 *   –         yes           yes             replacementAttributeName   │ source, or when empty the group found in that attribute
 *
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data#replace
 */
export const replaceFunction: FunctionDefinition = {
  name: 'Replace',
  parameters: parameters(
    'source, oldValue?, regexPattern?, regexGroupName?, replacementValue?, replacementAttributeName?, template?',
  ),
  each: [source],
  build: (call) => {
    const isGiven = (index: number): boolean =>
      call.isGiven(index) && (call.constant(index) !== '' || index === replacementValue);
    if (isGiven(oldValue) && isGiven(regexPattern)) {
      call.refuse(regexPattern, 'oldValue and regexPattern exclude each other', 'leave one of them empty');
      return nothing;
    }
    if (isGiven(regexPattern)) return buildRegex(call, isGiven);
    if (!isGiven(oldValue)) {
      call.refuse(undefined, 'needs oldValue or regexPattern', 'with replacementValue, or oldValue with template');
      return nothing;
    }
    const old = call.text(oldValue);
    const text = call.text(source);
    if (isGiven(template)) {
      const pattern = call.text(template);
      return (run) => fill(text(run), (value) => replaceLiterally(pattern(run) ?? '', old(run) ?? '', value));
    }
    if (!isGiven(replacementValue) && !isGiven(replacementAttributeName)) {
      call.refuse(undefined, 'oldValue needs replacementValue or template');
      return nothing;
    }
    const replacement = isGiven(replacementValue) ? call.text(replacementValue) : namedAttribute(call);
    return (run) => fill(text(run), (value) => replaceLiterally(value, old(run) ?? '', replacement(run) ?? ''));
  },
};

function buildRegex(call: Call, isGiven: (index: number) => boolean): Evaluator {
  const pattern = call.requireConstant(regexPattern);
  if (pattern === undefined) return nothing;
  const compiled = compileRegex(pattern);
  if (!compiled.ok) {
    call.refuse(regexPattern, compiled.message, compiled.hint);
    return nothing;
  }
  const { regex } = compiled;
  const text = call.text(source);
  if (!isGiven(regexGroupName)) return buildSubstitution(call, regex, text, isGiven);

  const name = call.requireConstant(regexGroupName);
  if (name === undefined) return nothing;
  const group = regex.groupIndex(name);
  if (group === undefined) {
    refuseGroup(call, regexGroupName, name, regex);
    return nothing;
  }
  if (isGiven(replacementAttributeName)) {
    const other = namedAttribute(call);
    return (run) => {
      const value = text(run);
      if (value !== null && value !== '') return value;
      const searched = other(run);
      return searched === null ? null : regex.extract(run, searched, group);
    };
  }
  if (!isGiven(replacementValue)) {
    call.refuse(undefined, 'regexGroupName needs replacementValue or replacementAttributeName');
    return nothing;
  }
  const replacement = call.text(replacementValue);
  return (run) => fill(text(run), (value) => regex.replaceGroup(run, value, group, replacement(run) ?? ''));
}

function buildSubstitution(call: Call, regex: DotnetRegex, text: TextOf, isGiven: (index: number) => boolean): Evaluator {
  if (!isGiven(replacementValue)) {
    call.refuse(undefined, 'regexPattern needs replacementValue', 'to remove what matches, write `""`');
    return nothing;
  }
  const constant = call.constant(replacementValue);
  if (constant === undefined) {
    // Data is never a pattern: a `$` in somebody's name stays a `$`.
    const replacement = call.text(replacementValue);
    return (run) => fill(text(run), (value) => regex.replace(run, value, [replacement(run) ?? '']));
  }
  const replacement = parseReplacement(constant, regex);
  if (!replacement.ok) {
    refuseGroup(call, replacementValue, replacement.group, regex);
    return nothing;
  }
  return (run) => fill(text(run), (value) => regex.replace(run, value, replacement.parts));
}

function refuseGroup(call: Call, index: number, name: string, regex: DotnetRegex): void {
  const known = regex.names.length === 0 ? 'it has no named groups' : `it has ${regex.names.join(', ')}`;
  const dollar = index === replacementValue ? '; a dollar sign itself is `$$`' : '';
  call.refuse(index, `regexPattern has no group \`${name.slice(0, 64)}\``, known + dollar);
}

/** The replacement attribute: `[mail]`, or just its name in quotes. */
function namedAttribute(call: Call): TextOf {
  const name = call.constant(replacementAttributeName);
  if (name === undefined) return call.text(replacementAttributeName);
  return call.attribute(name);
}

function fill(value: string | null, replace: (value: string) => string): string | null {
  return value === null ? null : replace(value);
}
