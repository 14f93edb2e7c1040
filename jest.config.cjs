/** ESM-only dependencies that jest must turn into CommonJS before it can load them. */
const esmOnly = ['chevrotain', '@chevrotain', 'lodash-es', 're2js', 'csv-stringify'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
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
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  // Chevrotain's own packages export for `import` only, and jest resolves as `require`.
  moduleNameMapper: { '^@chevrotain/(.*)$': '<rootDir>/node_modules/@chevrotain/$1/lib/src/api.js' },
  maxWorkers: 2,
  // Only ends what hangs: how busy the machine is must not decide whether a test passes.
  testTimeout: 600_000,
};
