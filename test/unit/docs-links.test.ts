import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(__dirname, '..', '..');
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...['docs', 'docs/adr'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

/** The text that is written for people: without blocks and spans of code, where brackets mean something else. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, 'code');

/** Where a page's links and images lead, addresses on the web left out. */
const linksOf = (text: string): readonly string[] =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^[a-z]+:/.test(link));

/** Anchors as GitHub makes them of headings; the second of one name gets a `-1`. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '');
  const anchors = new Set<string>();
  for (const heading of headings) {
    const plain = heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '');
    const anchor = plain.trim().replaceAll(' ', '-');
    for (let count = 0; ; count += 1) {
      const unique = count === 0 ? anchor : `${anchor}-${count}`;
      if (anchors.has(unique)) continue;
      anchors.add(unique);
      break;
    }
  }
  return anchors;
}

/** What is wrong with a link of a page; undefined when it leads somewhere. */
function faultOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? join(root, page) : resolve(root, dirname(page), decodeURIComponent(path));
  const name = relative(root, file);
  if (name.startsWith('..')) return `${link}: outside of the repository`;
  if (!existsSync(file)) return `${link}: there is no ${name}`;
  if (anchor === undefined) return undefined;
  if (statSync(file).isDirectory() || !anchorsOf(readFileSync(file, 'utf8')).has(anchor)) return `${link}: no such heading`;
  return undefined;
}

/** The files that a page leads to, from the root of the repository. */
const pathsFrom = (page: string): readonly string[] =>
  linksOf(readFileSync(join(root, page), 'utf8')).map((link) => {
    const [path = ''] = link.split('#');
    return path === '' ? page : relative(root, resolve(root, dirname(page), path)).replaceAll('\\', '/');
  });

describe('links of the documents', () => {
  test.each(pages)('%s: every relative link leads to a file and a heading that exist', (page) => {
    const links = linksOf(readFileSync(join(root, page), 'utf8'));
    expect(links.flatMap((link) => faultOf(page, link) ?? [])).toEqual([]);
  });

  test('the pages do have links, so the test above looks at something', () => {
    expect(pages.flatMap((page) => linksOf(readFileSync(join(root, page), 'utf8'))).length).toBeGreaterThan(30);
  });

  test.each([
    ['no-such-page.md', 'no-such-page.md: there is no docs/no-such-page.md'],
    ['runbook.md#no-such-heading', 'runbook.md#no-such-heading: no such heading'],
    ['../../elsewhere.md', '../../elsewhere.md: outside of the repository'],
  ])('a link to %s would be found', (link, fault) => {
    expect(faultOf('docs/api.md', link)).toBe(fault);
  });

  test('another page leads to every page of docs', () => {
    const linked = new Set(pages.flatMap((page) => pathsFrom(page).filter((path) => path !== page)));
    expect(pages.filter((page) => /^docs\/[^/]+$/.test(page) && !linked.has(page))).toEqual([]);
  });
});
