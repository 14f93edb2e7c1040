/** Faults of old, put back into the text of the engine: test/simulation/put-back.json. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file's text with the changes of a fault. Each must be there once: {@link unapplied} tells. */
export const applied = (text, changes) => changes.reduce((now, { find, replace }) => now.replace(find, () => replace), text);

/** The changes of a fault that the engine no longer has a place for, or more than one. */
export function unapplied(root, { changes }) {
  const textOf = (file) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '');
  return changes.filter(({ file, find }) => textOf(file).split(find).length !== 2);
}
