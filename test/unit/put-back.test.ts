import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import faults from '../simulation/put-back.json';

const root = join(__dirname, '../..');
const textOf = (file: string): string => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '');

test.each(faults.map((fault) => [fault.name, fault] as const))(
  'the fault %s can be put back into the engine',
  (_name, { changes }) => {
    for (const { file, find, replace } of changes) {
      expect(replace).not.toBe(find);
      expect([file, find, textOf(file).split(find).length - 1]).toEqual([file, find, 1]);
    }
  },
);
