/** The text of a file, or why it is not a text, in one sentence. */
export type DecodedFile = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

/**
 * Reads the bytes of a mapping file as the tools of all systems save it: UTF-8, and UTF-16 of either byte order (Windows PowerShell's `>` and
 * `Out-File`), with or without a byte order mark. Anything else is refused with what to do. Pure; never throws.
 * @see https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding
 */
export function decodeFile(bytes: Uint8Array): DecodedFile {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes;
  if (first === 0x50 && second === 0x4b) return refused('The file is a ZIP archive: unpack it');
  if (first === 0x1f && second === 0x8b) return refused('The file is compressed with gzip: unpack it');
  if (first === 0xff && second === 0xfe)
    return third === 0 && fourth === 0 && bytes.length > 2 ? utf32 : decode(bytes, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decode(bytes, 'utf-16be');
  if (first === 0 && second === 0 && bytes.length > 1) return utf32;
  // JSON begins with an ASCII character, whose other half is zero.
  if (first !== 0 && second === 0 && bytes.length > 1) return third === 0 ? utf32 : decode(bytes, 'utf-16le');
  if (first === 0 && second !== 0) return decode(bytes, 'utf-16be');
  return decode(bytes, 'utf-8');
}

const saveAs = 'save it as UTF-8 (in PowerShell: `Set-Content -Encoding utf8`)';
const refused = (problem: string): DecodedFile => ({ ok: false, problem });
const utf32 = refused(`The file is encoded as UTF-32: ${saveAs}`);

function decode(bytes: Uint8Array, encoding: 'utf-8' | 'utf-16le' | 'utf-16be'): DecodedFile {
  try {
    return { ok: true, text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
  } catch {
    const before = new TextDecoder(encoding).decode(bytes).split('\uFFFD', 1)[0] ?? '';
    const line = before.split(/\r\n|\r|\n/).length;
    const name = encoding === 'utf-8' ? 'UTF-8' : 'UTF-16';
    return refused(`The file is not valid ${name}, first at line ${line}; perhaps it was saved as "ANSI": ${saveAs}`);
  }
}
