const { availableParallelism } = require('node:os');

/** Packages of very many modules, by the file that jest finds as their entry; Chevrotain is published as ES modules alone. */
const bundled = [
  'chevrotain/lib/src/api.js',
  '@azure/data-tables/dist/commonjs/index.js',
  '@azure/storage-queue/dist/commonjs/index.js',
  '@azure/identity/dist/commonjs/index.js',
  '@azure/monitor-opentelemetry-exporter/dist/commonjs/index.js',
  'undici/index.js',
  'zod/index.cjs',
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    [`/node_modules/(${bundled.join('|')})$`]: '<rootDir>/test/support/bundle-package.cjs',
    '\\.[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } }],
    '\\.tsx$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          target: 'es2023',
          transform: { react: { runtime: 'automatic', importSource: 'hono/jsx' } },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${bundled.join('|')})$)`],
  // One more than there are cores: while a file waits for a state to come about, another one works.
  maxWorkers: availableParallelism() + 1,
  testSequencer: '<rootDir>/test/support/sequencer.cjs',
  // Only ends what hangs: how busy the machine is must not decide whether a test passes.
  testTimeout: 1_800_000,
};
