import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { parse } from '@babel/parser';

/** docs/architecture.md draws the layers; its tables are read here, so that page and code cannot part. */
const root = resolve(__dirname, '../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

interface Import {
  readonly from: string;
  /** A file of ours, from the root and without its ending; or the name of a package. */
  readonly to: string;
  readonly isOurs: boolean;
  readonly isType: boolean;
  /** Loaded when it is asked for, as `import('…')`. */
  readonly isLate: boolean;
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => /\.tsx?$/.test(path) && statSync(join(root, path)).isFile());
}

function importsOf(path: string): Import[] {
  const text = readFileSync(join(root, path), 'utf8');
  const found: { source: string; isType: boolean; isLate?: true }[] = [];
  for (const node of parse(text, { sourceType: 'module', plugins: ['typescript', 'jsx'] }).program.body) {
    if (node.type === 'ImportDeclaration') {
      const isType = node.importKind === 'type' || (node.specifiers.length > 0 && node.specifiers.every(isTypeSpecifier));
      found.push({ source: node.source.value, isType });
    } else if ((node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') && node.source) {
      found.push({ source: node.source.value, isType: node.exportKind === 'type' });
    }
  }
  for (const [, source = ''] of text.matchAll(/\bimport\('([^']+)'\)/g)) found.push({ source, isType: true, isLate: true });
  return found.map(({ source, isType, isLate = false }) => {
    const isOurs = source.startsWith('.');
    return {
      from: withoutEnding(path),
      to: isOurs ? normalize(join(dirname(path), source)) : packageOf(source),
      isOurs,
      isType,
      isLate,
    };
  });
}

const isTypeSpecifier = (one: { readonly type: string; readonly importKind?: string | null }) =>
  one.type === 'ImportSpecifier' && one.importKind === 'type';
const withoutEnding = (path: string) => path.replace(/\.tsx?$/, '');
const packageOf = (source: string) => /^(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? source;

/** Rows of the table whose head begins so, as texts of their cells. */
function tableUnder(head: string): string[][] {
  const lines = page.slice(page.indexOf(head)).split('\n');
  if (!page.includes(head)) throw new Error(`docs/architecture.md has no table ${head}`);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const ticked = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

const sources = filesIn('src');
const imports = sources.flatMap(importsOf);
const layers = new Map(tableUnder('| Folder | Holds |').map(([folder, , may = '']) => [ticked(folder)[0] ?? '', may]));

/** `src/core`, `src/compose.ts`, … ; undefined for the tools beside the folders. */
function layerOf(path: string): string | undefined {
  const [top, second = ''] = path.split('/');
  const name = path.split('/').length > 2 ? `${top}/${second}` : `${path}.ts`;
  return layers.has(name) ? name : undefined;
}

const isTool = (path: string) => path.split('/').length === 2 && layerOf(path) === undefined;
const shown = (wrong: readonly Import[]) => wrong.map(({ from, to }) => `${from} → ${to}`);

describe('layers', () => {
  it('the page names every folder of src and every file beside them that is a layer', () => {
    const there = readdirSync(join(root, 'src')).map((name) => `src/${name}`);
    const tools = ticked(/^The files beside the folders of `src`.*$/m.exec(page)?.[0]).slice(1);
    expect([...[...layers.keys()].filter((name) => name !== 'local'), ...tools.map((name) => `src/${name}`)].sort()).toEqual(
      there.sort(),
    );
    expect(imports.length).toBeGreaterThan(1_000);
  });

  it('no import runs against the layers', () => {
    const wrong = imports.filter(({ from, to, isOurs, isType }) => {
      if (!isOurs || isTool(to)) return false;
      const [here, there] = [layerOf(from), layerOf(to)];
      if (here === undefined) return true;
      if (here === there) return false;
      const may = layers.get(here) ?? '';
      if (may.startsWith('everything')) return there === undefined || there === 'local';
      const name = there?.replace(/^src\//, '') ?? '';
      return !ticked(may).includes(name) || (may.includes(`types of \`${name}\``) && !isType);
    });
    expect(shown(wrong)).toEqual([]);
  });

  it('an adapter imports no other adapter', () => {
    const adapterOf = (path: string) => /^src\/adapters\/([^/]+)/.exec(path)?.[1];
    const wrong = imports.filter(({ from, to, isOurs }) => {
      const [here, there] = [adapterOf(from), isOurs ? adapterOf(to) : undefined];
      return here !== undefined && there !== undefined && here !== there;
    });
    expect(shown(wrong)).toEqual([]);
  });

  it('core imports itself and the packages that the page names', () => {
    const allowed = ticked(layers.get('src/core'));
    expect(allowed).toHaveLength(3);
    const packages = imports.filter(({ from, isOurs }) => from.startsWith('src/core/') && !isOurs);
    expect(new Set(packages.map(({ to }) => to))).toEqual(new Set(allowed));
  });

  it("the engine's folders are those of the page, and each imports only from those below it", () => {
    const rows = tableUnder('| `src/engine/` | Holds |').map(([cell]) => ticked(cell));
    const rank = new Map(rows.flatMap((names, at) => names.map((name) => [name, at] as const)));
    const folders = readdirSync(join(root, 'src/engine'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect([...rank.keys()].sort()).toEqual(folders.map(({ name }) => name).sort());
    const folderOf = (path: string) => /^src\/engine\/([^/]+)\//.exec(path)?.[1];
    const wrong = imports.filter(({ from, to, isOurs }) => {
      const there = isOurs ? folderOf(to) : undefined;
      if (!from.startsWith('src/engine/') || there === undefined || folderOf(from) === there) return false;
      return (rank.get(folderOf(from) ?? '') ?? Number.POSITIVE_INFINITY) >= (rank.get(there) ?? 0);
    });
    expect(shown(wrong)).toEqual([]);
  });

  it("the page's table of core names files that are there", () => {
    const named = tableUnder('| Question | File |').flatMap(([, cell]) => ticked(cell));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !existsSync(join(root, 'src/core', name)))).toEqual([]);
  });

  it('src imports neither local nor test, and local no test', () => {
    const all = [...imports, ...filesIn('local').flatMap(importsOf)];
    const wrong = all.filter(
      ({ from, to, isOurs }) => isOurs && (/^test\//.test(to) || (from.startsWith('src/') && /^local\//.test(to))),
    );
    expect(shown(wrong)).toEqual([]);
  });

  it('no import runs in a circle', () => {
    const all = [...imports, ...filesIn('local').flatMap(importsOf)].filter(({ isOurs, isLate }) => isOurs && !isLate);
    const next = new Map<string, string[]>();
    for (const { from, to } of all) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      const at = way.indexOf(path);
      if (at >= 0) circles.push([...way.slice(at), path].map((one) => relative('.', one)).join(' → '));
      if (at >= 0 || done.has(path)) return;
      for (const to of next.get(path) ?? []) visit(to, [...way, path]);
      done.add(path);
    };
    for (const path of next.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });
});
