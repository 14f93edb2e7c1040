/** A .NET pattern in RE2's syntax, with its groups in .NET's order; or why there is no such thing. */
export type Translation =
  | { readonly ok: true; readonly pattern: string; readonly groupNames: readonly (string | undefined)[] }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

class Refusal extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

// .NET's shorthands know all of Unicode, RE2's only ASCII, so they are spelled out.
// https://learn.microsoft.com/dotnet/standard/base-types/character-classes-in-regular-expressions
const classes: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  w: '\\p{L}\\p{Mn}\\p{Nd}\\p{Pc}',
  s: '\\f\\n\\r\\t\\v\\x{85}\\p{Z}',
};

const controls: Readonly<Record<string, string>> = { a: '07', e: '1B', f: '0C', n: '0A', r: '0D', t: '09', v: '0B' };

const lookaroundHint =
  'look-ahead and look-behind cannot be evaluated in bounded time; match the surroundings too and keep a group';

/**
 * Translates a .NET regular expression to RE2, which takes linear time on any input. What has no equivalent is refused, never bent:
 * look-around, back references, balancing and atomic groups, conditionals, class subtraction, `\G`, options other than `i`, `m`, `s`.
 * Two small differences stay: `\b` sees ASCII word characters only, and `$` and `\Z` mean the very end, not also before a last line break.
 *
 * @see https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function translate(pattern: string): Translation {
  try {
    return new Translator(pattern).run();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

class Translator {
  private index = 0;
  private output = '';
  private readonly groupNames: (string | undefined)[] = [];

  constructor(private readonly pattern: string) {}

  run(): Translation {
    while (this.index < this.pattern.length) {
      const character = this.take();
      if (character === '\\') this.output += this.escape(false);
      else if (character === '[') this.output += this.characterClass();
      else if (character === '(') this.group();
      else if (character === '$') this.output += '$';
      else this.output += character;
    }
    return { ok: true, pattern: this.output, groupNames: this.groupNames };
  }

  private take(): string {
    const character = String.fromCodePoint(this.pattern.codePointAt(this.index) ?? 0);
    this.index += character.length;
    return character;
  }

  private accept(text: string): boolean {
    if (!this.pattern.startsWith(text, this.index)) return false;
    this.index += text.length;
    return true;
  }

  private group(): void {
    if (!this.accept('?')) {
      this.groupNames.push(undefined);
      this.output += '(';
      return;
    }
    if (this.accept('#')) {
      const end = this.pattern.indexOf(')', this.index);
      if (end < 0) throw new Refusal('a comment `(?#` is never closed');
      this.index = end + 1;
      return;
    }
    if (this.accept(':')) {
      this.output += '(?:';
      return;
    }
    for (const look of ['=', '!', '<=', '<!']) {
      if (this.accept(look)) throw new Refusal(`\`(?${look}\` is not supported`, lookaroundHint);
    }
    if (this.accept('>')) throw new Refusal('the atomic group `(?>` is not supported', 'write `(?:`');
    if (this.accept('(')) throw new Refusal('the conditional `(?(` is not supported', 'write the alternatives with `|`');
    if (this.accept('P')) throw new Refusal('`(?P` is not .NET', 'write `(?<name>…)`');
    if (this.accept('<')) this.namedGroup('>');
    else if (this.accept("'")) this.namedGroup("'");
    else this.inlineOptions();
  }

  private namedGroup(closing: string): void {
    const end = this.pattern.indexOf(closing, this.index);
    const name = end < 0 ? '' : this.pattern.slice(this.index, end);
    if (name.includes('-')) throw new Refusal(`the balancing group \`${name.slice(0, 40)}\` is not supported`);
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) {
      throw new Refusal('a group name must be a letter followed by letters, digits or `_`', 'write `(?<name>…)`');
    }
    if (this.groupNames.includes(name)) throw new Refusal(`the group \`${name}\` occurs twice`, 'give each group its own name');
    this.index = end + 1;
    this.groupNames.push(name);
    this.output += '(';
  }

  private inlineOptions(): void {
    const start = this.index;
    while (this.index < this.pattern.length && !/[:)]/.test(this.pattern[this.index] ?? '')) this.index += 1;
    const options = this.pattern.slice(start, this.index);
    if (!/^[ims]*(?:-[ims]+)?$/.test(options) || options === '') {
      throw new Refusal(`\`(?${options.slice(0, 20)}\` is not supported`, 'of the inline options `i`, `m` and `s` are known');
    }
    this.output += `(?${options}${this.take()}`;
  }

  /** After a backslash. Outside a class `\d` becomes a class of its own, inside one it adds to it. */
  private escape(insideClass: boolean): string {
    if (this.index >= this.pattern.length)
      throw new Refusal('the pattern ends with a single `\\`', 'a backslash itself is `\\\\\\\\` in an expression');
    const character = this.take();
    const shorthand = classes[character.toLowerCase()];
    if (/^[dws]$/i.test(character) && shorthand !== undefined) {
      const isNegative = character !== character.toLowerCase();
      if (insideClass) return isNegative ? complement(character.toLowerCase()) : shorthand;
      return `[${isNegative ? '^' : ''}${shorthand}]`;
    }
    if (character === 'b' && insideClass) return '\\x{08}';
    if (character === 'b' || character === 'B' || character === 'A') {
      if (insideClass) throw new Refusal(`\`\\${character}\` has no meaning inside \`[…]\``);
      return `\\${character}`;
    }
    if ((character === 'z' || character === 'Z') && !insideClass) return '\\z';
    if (character === 'G') throw new Refusal('`\\G` is not supported');
    if (character === 'k')
      throw new Refusal('the back reference `\\k` is not supported', 'a pattern cannot ask for what it matched before');
    const control = controls[character];
    if (control !== undefined) return `\\x{${control}}`;
    if (character === 'x') return this.codePoint(2);
    if (character === 'u') return this.codePoint(4);
    if (character === 'c') {
      const letter = this.index < this.pattern.length ? this.take() : '';
      if (!/^[A-Za-z@[\\\]^_]$/.test(letter)) throw new Refusal('`\\c` needs a control character such as `\\cM`');
      return `\\x{${(letter.toUpperCase().charCodeAt(0) & 0x1f).toString(16)}}`;
    }
    if (character === 'p' || character === 'P') return this.unicodeCategory(character);
    if (/^[0-9]$/.test(character)) return this.octal(character, insideClass);
    if (/^[A-Za-z_]$/.test(character)) throw new Refusal(`\`\\${character}\` is not an escape of .NET regular expressions`);
    return literal(character);
  }

  private codePoint(digits: number): string {
    const hex = this.pattern.slice(this.index, this.index + digits);
    if (hex.length !== digits || !/^[0-9A-Fa-f]+$/.test(hex))
      throw new Refusal(`\`\\${digits === 2 ? 'x' : 'u'}\` needs ${digits} hexadecimal digits`);
    if (/^d[89a-f]/i.test(hex) && digits === 4)
      throw new Refusal('half a surrogate pair cannot be matched', 'write the character itself');
    this.index += digits;
    return `\\x{${hex}}`;
  }

  private octal(first: string, insideClass: boolean): string {
    const match = /^[0-7]{0,2}/.exec(this.pattern.slice(this.index))?.[0] ?? '';
    if (first !== '0' && !insideClass) {
      throw new Refusal(`the back reference \`\\${first}\` is not supported`, 'a pattern cannot ask for what it matched before');
    }
    if (!/^[0-7]$/.test(first)) throw new Refusal(`\`\\${first}\` is not an escape of .NET regular expressions`);
    this.index += match.length;
    return `\\x{${(Number.parseInt(first + match, 8) & 0xff).toString(16)}}`;
  }

  private unicodeCategory(letter: string): string {
    const found = /^\{([A-Za-z]{1,2})\}/.exec(this.pattern.slice(this.index));
    const name = found?.[1];
    if (
      found === null ||
      name === undefined ||
      !/^(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfsno]?)$/.test(name)
    ) {
      throw new Refusal(
        `\`\\${letter}\` needs a general category such as \`\\${letter}{Lu}\``,
        'Unicode blocks (`IsGreek`) are not supported',
      );
    }
    this.index += found[0].length;
    return `\\${letter}{${name}}`;
  }

  private characterClass(): string {
    let content = this.accept('^') ? '[^' : '[';
    // In .NET a `]` right after the opening is an ordinary character.
    if (this.accept(']')) content += '\\]';
    while (this.index < this.pattern.length) {
      const character = this.take();
      if (character === ']') return `${content}]`;
      if (character === '-' && this.pattern[this.index] === '[') {
        throw new Refusal('class subtraction `[a-z-[aeiou]]` is not supported', 'list the characters that are left');
      }
      if (character === '\\') content += this.escape(true);
      else if (character === '-') content += '-';
      else content += literal(character);
    }
    throw new Refusal('a character class `[` is never closed');
  }
}

/** A character that means itself, escaped where RE2 might see more in it. */
function literal(character: string): string {
  return /^[!-/:-@[-`{-~]$/.test(character) ? `\\${character}` : character;
}

const complements = new Map<string, string>();

/** The ranges outside a shorthand, for `[^\W_]` and its like: RE2 has no negated class inside a class. Computed once when first needed. */
function complement(shorthand: string): string {
  const known = complements.get(shorthand);
  if (known !== undefined) return known;
  if (shorthand === 'd') return '\\P{Nd}';
  const member = shorthand === 'w' ? /[\p{L}\p{Mn}\p{Nd}\p{Pc}]/u : /[\f\n\r\t\v\x85\p{Z}]/u;
  let ranges = '';
  let start = -1;
  for (let codePoint = 0; codePoint <= 0x110000; codePoint += 1) {
    const isOutside = codePoint <= 0x10ffff && !member.test(String.fromCodePoint(codePoint));
    if (isOutside && start < 0) start = codePoint;
    if (!isOutside && start >= 0) {
      ranges += `\\x{${start.toString(16)}}-\\x{${(codePoint - 1).toString(16)}}`;
      start = -1;
    }
  }
  complements.set(shorthand, ranges);
  return ranges;
}
