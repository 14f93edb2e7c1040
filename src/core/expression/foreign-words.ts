/**
 * Functions of other engines that administrators bring along, with what does the same here: Entra Connect's synchronization rules, claims
 * transformations, spreadsheets, SQL. In lower case.
 * @see https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-sync-functions-reference
 */
const foreignFunctions: Readonly<Record<string, string>> = {
  and: 'write `AND` between two conditions: `[a] = "x" AND [b] = "y"`',
  or: 'write `OR` between two conditions: `[a] = "x" OR [b] = "y"`',
  cnum: 'a number is its text here; leave the function out',
  concat: 'text is joined with `Append` or `Join`',
  concatenate: 'text is joined with `Append` or `Join`',
  contains: 'write `InStr(…) > 0`',
  error: 'an expression cannot fail on purpose; `IgnoreFlowIfNullOrEmpty` leaves the attribute alone',
  extractmailprefix: 'write `Word(…, 1, "@")`',
  iff: 'write `IIF`',
  if: 'write `IIF`',
  importedvalue: 'mappings always see the whole object; write the attribute itself',
  isempty: 'write `IsNullOrEmpty`',
  isnotempty: 'write `IsPresent`',
  isnumeric: 'write `Replace` with a pattern, and compare',
  lcase: 'write `ToLower`',
  length: 'write `Len`',
  lower: 'write `ToLower`',
  ltrim: 'write `Replace(…, , "^\\s+", , "", , )`',
  propercase: 'write `PCase`',
  regexreplace: 'write `Replace` with regexPattern and replacementValue',
  removeduplicate: 'write `RemoveDuplicates`',
  right: 'write `Mid` with `Len`, or `Replace` with a pattern such as `.{3}$`',
  rtrim: 'write `Replace(…, , "\\s+$", , "", , )`',
  substring: 'write `Mid`, whose start counts from 1',
  titlecase: 'write `PCase`',
  tolowercase: 'write `ToLower`',
  touppercase: 'write `ToUpper`',
  trim: 'values are trimmed when they are written; inside an expression write `Replace(…, , "^\\s+|\\s+$", , "", , )`',
  ucase: 'write `ToUpper`',
  upper: 'write `ToUpper`',
};

/** What does here what a function of another engine does there; undefined for a name that is in no such engine. */
export function foreignFunction(name: string): string | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(foreignFunctions, key) ? foreignFunctions[key] : undefined;
}

/** What to write instead of a bare word. */
export function wordHint(name: string): string {
  switch (name.toLowerCase()) {
    case 'null':
    case 'nothing':
    case 'empty':
      return 'for no value leave the argument empty, and test it with `IsNull`';
    case 'true':
    case 'false':
      return `write it as the text \`"${name.slice(0, 1).toUpperCase()}${name.slice(1).toLowerCase()}"\``;
    default:
      return `write text as \`"${name}"\`, an attribute as \`[${name}]\``;
  }
}
