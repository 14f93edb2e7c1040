/**
 * The longest expression, in UTF-16 units.
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data#syntax-overview
 */
export const maxExpressionLength = 10_000;

/** The deepest nesting of parentheses. Ours: far beyond what a person writes, far below what the call stack holds. */
export const maxNesting = 100;

/** The longest value an expression may build, in UTF-16 units (of a list: all elements together). Ours, against blow-ups. */
export const maxValueLength = 65_536;

/**
 * Units of work one evaluation may spend; about one for each character looked at, more for larger patterns. Ours: some thousands of times
 * what a usual mapping needs, and spent within two seconds.
 */
export const maxWork = 20_000_000;

/** The largest compiled regular expression, in instructions. Ours: a pattern near it still runs in milliseconds on a directory value. */
export const maxPatternSize = 5_000;

/** The largest pattern that is compiled at all, by estimate: compiling it takes a tenth of a second. Ours. */
export const maxEstimatedSize = 4 * maxPatternSize;

/** The longest random string. @see https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data#randomstring */
export const maxRandomLength = 256;
