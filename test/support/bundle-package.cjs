const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { buildSync, version } = require('esbuild');

const lock = readFileSync(join(__dirname, '..', '..', 'package-lock.json'));

/**
 * Turns the entry of a package into one CommonJS module that holds all of it. jest evaluates a package anew in every test file, and a module
 * at a time: the hundreds of small ones of a parser or a client cost more than most tests do. It also lets jest, which loads only CommonJS,
 * take packages that are published as ES modules alone.
 */
module.exports = {
  getCacheKey: (_source, file) =>
    createHash('sha256').update(version).update(lock).update(file).update(readFileSync(__filename)).digest('hex'),
  process: (_source, file) => ({
    code: buildSync({
      entryPoints: [file],
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node22',
      write: false,
      logLevel: 'error',
      // Shared by packages that hand its objects to one another.
      external: ['@opentelemetry/*'],
    }).outputFiles[0].text,
  }),
};
