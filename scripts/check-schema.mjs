/** `npm run check-schema -- FILE [--explain USER.json]`: checks a mapping file offline; builds the checker when it is not there. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checker = join(root, 'dist/local/check-schema.js');
if (!existsSync(checker))
  spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
process.exit(spawnSync(process.execPath, [checker, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);
