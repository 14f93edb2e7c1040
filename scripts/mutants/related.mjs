import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Which of the test files reach a source file by their imports. */
export function makeRelated(root, patterns) {
  const tests = patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).map((file) => join(root, file));
  const importsOf = memo((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:from|import|import\()\s*'(\.[^']+)'/g)]
      .map(([, path]) => resolveModule(join(dirname(file), path)))
      .filter((path) => path !== undefined),
  );
  const reachOf = memo((test) => {
    const seen = new Set([test]);
    for (const file of seen) for (const next of importsOf(file)) seen.add(next);
    return seen;
  });
  return (source) => [...new Set(tests)].filter((test) => reachOf(test).has(source));
}

function resolveModule(path) {
  return [path, `${path}.ts`, `${path}/index.ts`].find(
    (file) => statSync(file, { throwIfNoEntry: false })?.isFile() && file.endsWith('.ts'),
  );
}

function memo(compute) {
  const known = new Map();
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return known.get(key);
  };
}
