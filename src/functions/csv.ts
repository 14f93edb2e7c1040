import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';

/** A value of a line. */
export type Cell = string | number | null;

/** What may stand between cells, by the names that a caller gives. */
export const SEPARATORS = { comma: ',', semicolon: ';', tab: '\t' } as const;

/** What stands between the cells of a file. */
export type Separator = keyof typeof SEPARATORS;

/** The parameter that chooses it. */
export const separatorParameter = z
  .enum(Object.keys(SEPARATORS) as Separator[])
  .optional()
  .describe('Of CSV: `comma` (the default), `semicolon` for spreadsheets of a language with a decimal comma, or `tab`.');

/**
 * Lines of CSV for spreadsheets; programs are better served by JSON. Texts are quoted and numbers are not, whatever is in them.
 * No line `sep=` begins a file: Excel reads it, but then no longer believes the byte order mark, and every other program shows it.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export const csvLines = (rows: readonly (readonly Cell[])[], separator: Separator = 'comma'): string =>
  rows.length === 0
    ? ''
    : stringify(
        rows.map((row) => row.map(safeCell)),
        { delimiter: SEPARATORS[separator], quoted_string: true, record_delimiter: 'windows' },
      );

/** The first line, with a byte order mark, by which spreadsheets know that the file is UTF-8. */
export const csvHead = (columns: readonly string[], separator?: Separator): string => `\uFEFF${csvLines([columns], separator)}`;

/** A last line which says that the file is not whole, because a download that broke off must not pass for a complete one. */
export const csvBroken = (message: string, separator?: Separator): string => csvLines([['INCOMPLETE', message]], separator);

/** An instant as every spreadsheet reads it, in UTC and to the second: with `T` and `Z` it would stay a text. */
export const timeCell = (iso: string): Cell => {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : at.toISOString().slice(0, 19).replace('T', ' ');
};

/** Before a text that looks like a number, this keeps it a text and cannot be seen. */
const AS_TEXT = '\t';
/** So many digits are shown rounded, as 3.6E+11. */
const LONG_NUMBER = /^\d{12,}$/;
/** An international telephone number: there is nothing in it that could be carried out. */
const PHONE = /^\+\d[\d\s()./-]{4,30}\d$/;

/**
 * Control characters but tab and line ends; some spreadsheets skip them, and then a formula behind one begins the cell. Blanks at the
 * start are skipped likewise. @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const CONTROLS = /[^\P{Cc}\t\n\r]/gu;

/** What a formula begins with, in half and full width; and what may hide such a beginning. */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

/** A cell that no spreadsheet takes for a formula, nor long ids and telephone numbers for numbers. */
function safeCell(cell: Cell): Cell {
  if (typeof cell !== 'string') return cell;
  const text = cell.replace(CONTROLS, '');
  if (LONG_NUMBER.test(text) || PHONE.test(text)) return `${AS_TEXT}${text}`;
  return FORMULA.test(text) ? `'${text}` : text;
}
