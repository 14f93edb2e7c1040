import { stripVTControlCharacters } from 'node:util';
import { Screen } from '../../../local/demo/screen';
import { table, wrap } from '../../../local/demo/text';

/** A standard output that keeps what is written. */
function anOutput(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { isTTY, columns, write: (text: string) => written.push(text) > 0, text: () => written.join('') };
}

describe('wrap', () => {
  test('breaks between words, and what follows a break begins where the text does', () => {
    expect(wrap('  one two three four', 12)).toBe('  one two\n  three four');
  });
  test('an indent of its own for what follows a break', () => {
    expect(wrap('• one two three', 9, 2)).toBe('• one two\n  three');
  });
  test('a word that is too long stays whole, for an address is clicked on', () => {
    expect(wrap('see http://127.0.0.1:7071/api/status now', 10)).toBe('see\nhttp://127.0.0.1:7071/api/status\nnow');
  });
  test('empty lines stay', () => {
    expect(wrap('\na\n\nb\n', 10)).toBe('\na\n\nb\n');
  });
});

test('a table wraps its last column and no line is wider than asked', () => {
  const text = table(
    [
      ['Outcome', 'Objects', ''],
      ['skipped', 12, 'one reason that is longer than the rest of the line'],
    ],
    40,
  );
  expect(text.split('\n').map((line) => line.length <= 40)).not.toContain(false);
  expect(text).toContain('skipped       12  one reason that is');
  expect(text).toContain('\n                    longer than');
});

describe('progress', () => {
  test('elsewhere than on a terminal: whole lines, one for each tenth, with the true share and no control characters', () => {
    const out = anOutput(false);
    const screen = new Screen(out);
    screen.progress(0, 0, true);
    for (const done of [0, 89, 104, 208, 1042]) screen.progress(done, 1042, false);
    screen.say('Done.');
    expect(out.text()).toBe('   19 %: 208 of 1042 objects done\n   100 %: 1042 of 1042 objects done\nDone.\n');
  });
  test('on a terminal one line that is redrawn, and text after it begins a line of its own', () => {
    const out = anOutput(true);
    const screen = new Screen(out);
    screen.progress(5, 10, false);
    screen.say('Done.');
    const [line = '', next] = out.text().split('\n');
    expect(stripVTControlCharacters(line)).toBe(`\r   ${'█'.repeat(18)}${'░'.repeat(18)}  50 %  5 of 10 objects done`);
    expect(next).toBe('Done.');
  });
});

test('after closing nothing is written any more', () => {
  const out = anOutput(true);
  const screen = new Screen(out);
  screen.progress(5, 10, false);
  screen.close();
  const before = out.text();
  screen.say('late');
  screen.print('late');
  screen.progress(6, 10, false);
  expect(out.text()).toBe(before);
  expect(before.endsWith('\n')).toBe(true);
});
