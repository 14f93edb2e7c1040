// What the documentation's table maps to more than the bare letter, and letters that Unicode does not split into letter and mark.
// https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data#normalizediacritics
const replacements: Readonly<Record<string, string>> = {
  æ: 'ae',
  Æ: 'AE',
  ø: 'oe',
  Ø: 'OE',
  œ: 'oe',
  Œ: 'OE',
  ß: 'ss',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
};

// Marks of Latin, Greek and Cyrillic letters. Vowel signs of Indic scripts and the like are letters to their readers and stay.
const marks = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;
const special = /[æÆøØœŒßłŁı]/g;

/** Replaces letters with diacritics by plain ones, by the documented table; other letters lose their combining marks. */
export function normaliseDiacritics(text: string): string {
  const bare = text.normalize('NFD').replace(marks, '');
  return bare.replace(special, (letter) => replacements[letter] ?? letter).normalize('NFC');
}
