import type { Call, FunctionDefinition } from '../call';
import { parameters } from '../call';
import { normaliseDiacritics } from '../diacritics';
import { BoundedText, charge, type Evaluator, refuseLongerThan } from '../run';
import { slice } from '../values';

/** A function of one text that has no value for no value. */
function mapText(name: string, parameter: string, map: (text: string) => string): FunctionDefinition {
  return {
    name,
    parameters: parameters(parameter),
    each: [0],
    build: (call) => {
      const source = call.text(0);
      return (run) => {
        const text = source(run);
        return text === null ? null : map(text);
      };
    },
  };
}

const append: FunctionDefinition = {
  name: 'Append',
  parameters: parameters('source, suffix'),
  each: [0, 1],
  build: (call) => {
    const source = call.text(0);
    const suffix = call.text(1);
    return (run) => (source(run) ?? '') + (suffix(run) ?? '');
  },
};

const join: FunctionDefinition = {
  name: 'Join',
  parameters: parameters('separator, source...'),
  build: (call) => {
    const separator = call.text(0);
    const sources = call.valuesFrom(1);
    return (run) => {
      const between = separator(run) ?? '';
      const result = new BoundedText();
      let isFirst = true;
      const add = (piece: string): void => {
        if (piece === '') return;
        if (!isFirst) result.add(between);
        result.add(piece);
        isFirst = false;
      };
      for (const source of sources) {
        const value = source(run);
        if (typeof value === 'string') add(value);
        else if (value !== null) value.forEach(add);
      }
      return result.toString();
    };
  },
};

const left: FunctionDefinition = {
  name: 'Left',
  parameters: parameters('String, NumChars'),
  each: [0],
  build: (call) => {
    const source = call.text(0);
    const count = call.index(1);
    return (run) => {
      const text = source(run);
      const length = count(run);
      if (text === null) return '';
      if (length === null) return null;
      return length < 0 ? text : slice(text, 0, Math.min(length, text.length));
    };
  },
};

const mid: FunctionDefinition = {
  name: 'Mid',
  parameters: parameters('source, start, length'),
  each: [0],
  build: (call) => {
    const constantStart = call.constant(1);
    if (constantStart !== undefined && /^-|^0+$/.test(constantStart)) call.refuse(1, 'start counts from 1');
    const source = call.text(0);
    const start = call.index(1);
    const length = call.index(2);
    return (run) => {
      const text = source(run);
      const from = start(run);
      const count = length(run);
      if (text === null || from === null || count === null) return null;
      // A computed start before the text begins at the text, as InStr and its arithmetic may well give 0.
      const begin = Math.max(from, 1) - 1;
      return begin >= text.length || count <= 0 ? '' : slice(text, begin, Math.min(begin + count, text.length));
    };
  },
};

const word: FunctionDefinition = {
  name: 'Word',
  parameters: parameters('String, WordNumber, Delimiters'),
  each: [0],
  build: (call) => {
    const source = call.text(0);
    const number = call.index(1);
    const delimiters = call.text(2);
    return (run) => {
      const text = source(run);
      const wanted = number(run);
      if (text === null || wanted === null || wanted < 1) return '';
      const separators = new Set(delimiters(run) ?? '');
      charge(run, text.length);
      let seen = 0;
      let current = '';
      for (const character of text) {
        if (!separators.has(character)) {
          current += character;
          continue;
        }
        if (current !== '') seen += 1;
        if (seen === wanted && current !== '') return current;
        current = '';
      }
      return current !== '' && seen + 1 === wanted ? current : '';
    };
  },
};

const inStr: FunctionDefinition = {
  name: 'InStr',
  parameters: parameters('value1, value2, start?, compareType?'),
  build: (call) => {
    const source = call.text(0);
    const find = call.text(1);
    const start = call.index(2);
    const ignoresCase = readCompareType(call, 3);
    return (run) => {
      const text = source(run);
      const wanted = find(run);
      if (text === null || wanted === null) return null;
      const from = Math.max(start(run) ?? 1, 1) - 1;
      // V8 searches in linear time for all but contrived texts; the product of both lengths would be the true bound.
      charge(run, text.length + (Math.min(wanted.length, 64) * text.length) / 16);
      const found = ignoresCase ? foldCase(text).indexOf(foldCase(wanted), from) : text.indexOf(wanted, from);
      return String(from > text.length ? 0 : found + 1);
    };
  },
};

function readCompareType(call: Call, index: number): boolean {
  if (!call.isGiven(index)) return false;
  const node = call.syntax(index);
  const name = node?.kind === 'word' ? node.name : call.constant(index);
  if (name === 'vbTextCompare' || name === '1') return true;
  if (name !== 'vbBinaryCompare' && name !== '0') call.refuse(index, 'compareType is vbTextCompare or vbBinaryCompare');
  return false;
}

/** Upper case unit by unit, so that positions stay what they were. */
function foldCase(text: string): string {
  return Array.from({ length: text.length }, (_, index) => {
    const upper = (text[index] ?? '').toUpperCase();
    return upper.length === 1 ? upper : (text[index] ?? '');
  }).join('');
}

const len: FunctionDefinition = {
  name: 'Len',
  parameters: parameters('String'),
  build: (call) => {
    const source = call.text(0);
    return (run) => String((source(run) ?? '').length);
  },
};

/** Changes case letter by letter, as .NET does: `ß` stays, and so do the dotted and dotless Turkish i outside Turkish. */
function changeCase(name: 'ToLower' | 'ToUpper'): FunctionDefinition {
  return {
    name,
    parameters: parameters('source, culture?'),
    each: [0],
    build: (call): Evaluator => {
      const source = call.text(0);
      const culture = call.requireConstant(1);
      const locale = culture === undefined || culture === '' ? undefined : readCulture(call, culture);
      const change = (letter: string): string => {
        if (locale === undefined) return name === 'ToLower' ? letter.toLowerCase() : letter.toUpperCase();
        return name === 'ToLower' ? letter.toLocaleLowerCase(locale) : letter.toLocaleUpperCase(locale);
      };
      return (run) => {
        const text = source(run);
        if (text === null) return null;
        let result = '';
        for (const letter of text) {
          const changed = change(letter);
          const isTurkish = locale === undefined && (letter === 'İ' || letter === 'ı');
          result += isTurkish || [...changed].length !== 1 ? letter : changed;
        }
        return result;
      };
    },
  };
}

function readCulture(call: Call, culture: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(culture)[0];
  } catch {
    call.refuse(1, 'culture is not a language tag', 'write one such as `tr-TR`, or leave it empty');
    return undefined;
  }
}

const properCase: FunctionDefinition = {
  name: 'PCase',
  parameters: parameters('source, wordSeparators?'),
  each: [0],
  build: (call) => {
    const source = call.text(0);
    const separators = call.text(1);
    return (run) => {
      const text = source(run);
      if (text === null) return null;
      const given = separators(run);
      const isSeparator = given === null ? isDefaultSeparator : (character: string) => given.includes(character);
      let result = '';
      let isInWord = false;
      for (const character of text) {
        const upper = character.toUpperCase();
        const lower = character.toLowerCase();
        if (isSeparator(character)) {
          isInWord = false;
          result += character;
        } else if (isInWord || (given === null && !/\p{L}/u.test(character))) {
          result += [...lower].length === 1 ? lower : character;
        } else {
          isInWord = true;
          result += [...upper].length === 1 ? upper : character;
        }
      }
      refuseLongerThan(result.length);
      return result;
    };
  },
};

/**
 * The categories where ToTitleCase ends a word; the apostrophe is the one exception in .NET's code.
 * @see https://learn.microsoft.com/dotnet/api/system.globalization.textinfo.totitlecase
 */
function isDefaultSeparator(character: string): boolean {
  return character !== "'" && /[\p{Z}\p{Cc}\p{Cf}\p{P}\p{S}]/u.test(character);
}

/** The functions on one text. */
export const textFunctions: readonly FunctionDefinition[] = [
  append,
  join,
  left,
  mid,
  word,
  inStr,
  len,
  changeCase('ToLower'),
  changeCase('ToUpper'),
  properCase,
  mapText('StripSpaces', 'source', (text) => text.replaceAll(' ', '')),
  mapText('NormalizeDiacritics', 'source', normaliseDiacritics),
  mapText('ConvertToBase64', 'source', (text) => {
    refuseLongerThan(Math.ceil((text.length * 2) / 3) * 4);
    return Buffer.from(text, 'utf16le').toString('base64');
  }),
  mapText('ConvertToUTF8Hex', 'source', (text) => {
    const bytes = Buffer.from(text, 'utf8');
    refuseLongerThan(bytes.length * 2);
    return bytes.toString('hex').toUpperCase();
  }),
];
