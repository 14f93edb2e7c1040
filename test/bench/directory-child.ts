import { NotFoundError } from '../../src/core/errors';
import type { SourceId } from '../../src/core/model';
import type { SourceConnector } from '../../src/ports/source-connector';
import { FakeSourceConnector } from '../fakes/source-connector';
import { type Child, play, startChild } from './child';
import { type Filled, SHAPES, type ShapeName } from './directory';

/** Entra ID in a process of its own: its people are not in the app's memory. */
export interface DirectoryChild {
  readonly source: SourceConnector;
  /** Fills it. Returns the people. */
  fill(shape: ShapeName, people: number, groups: number): Promise<readonly SourceId[]>;
  /** Does what the shape has for later. */
  act(what: 'change' | 'leave'): Promise<void>;
  rename(ids: readonly SourceId[], displayName: string): Promise<void>;
  /** How often it was asked by the app. */
  requests(): Promise<number>;
  close(): void;
}

/** The argument that makes a process of this bundle play Entra ID. */
export const DIRECTORY_ROLE = '--directory';

type Question =
  | { readonly kind: 'call' | 'list'; readonly method: keyof SourceConnector; readonly args: readonly unknown[] }
  | { readonly kind: 'next'; readonly list: number }
  | { readonly kind: 'fill'; readonly shape: ShapeName; readonly people: number; readonly groups: number }
  | { readonly kind: 'act'; readonly what: 'change' | 'leave' }
  | { readonly kind: 'rename'; readonly ids: readonly SourceId[]; readonly displayName: string }
  | { readonly kind: 'requests' };

type ListName = {
  [Method in keyof SourceConnector]: ReturnType<SourceConnector[Method]> extends AsyncIterable<unknown> ? Method : never;
}[keyof SourceConnector];

/** The methods that return pages: what does not cross the border between processes whole. */
const LISTS: Readonly<Record<ListName, true>> = {
  listAssignments: true,
  listDeletedUsers: true,
  listGroups: true,
  listGroupsOf: true,
  listMembers: true,
};

/** Starts it. @param pageSize of its lists */
export async function startDirectoryChild(pageSize: number): Promise<DirectoryChild> {
  const child = await startChild(DIRECTORY_ROLE, { pageSize });
  const ask = (question: Question): Promise<unknown> => child.ask(question);
  return {
    source: remote(child),
    fill: async (shape, people, groups) => (await ask({ kind: 'fill', shape, people, groups })) as readonly SourceId[],
    act: async (what) => void (await ask({ kind: 'act', what })),
    rename: async (ids, displayName) => void (await ask({ kind: 'rename', ids, displayName })),
    requests: async () => (await ask({ kind: 'requests' })) as number,
    close: child.close,
  };
}

/** The port, each of whose methods asks the other process. */
function remote({ ask }: Child): SourceConnector {
  const asked = async (question: Question): Promise<unknown> => {
    try {
      return await ask(question);
    } catch (error) {
      if (error instanceof Error && error.name === NotFoundError.name) throw new NotFoundError('source', error.message);
      throw error;
    }
  };
  async function* pages(method: keyof SourceConnector, args: readonly unknown[]): AsyncGenerator<unknown> {
    const list = (await asked({ kind: 'list', method, args })) as number;
    for (;;) {
      const page = (await asked({ kind: 'next', list })) as IteratorResult<unknown>;
      if (page.done) return;
      yield page.value;
    }
  }
  const handler: ProxyHandler<object> = {
    get: (_target, name) => {
      const method = name as keyof SourceConnector;
      return (...args: readonly unknown[]) =>
        Object.hasOwn(LISTS, method) ? pages(method, args) : asked({ kind: 'call', method, args });
    },
  };
  return new Proxy({}, handler) as SourceConnector;
}

/** Plays it until the parent ends. */
export async function playDirectory({ pageSize }: { readonly pageSize: number }): Promise<void> {
  const source = new FakeSourceConnector();
  source.pageSize = pageSize;
  let requests = 0;
  source.beforeCall = () => {
    requests += 1;
  };
  let filled: Filled = { people: [] };
  const lists: AsyncIterator<unknown>[] = [];
  const call = (method: keyof SourceConnector, args: readonly unknown[]): unknown =>
    (source[method] as (...given: readonly unknown[]) => unknown)(...args);
  play<Question>('', async (question) => {
    switch (question.kind) {
      case 'call':
        return call(question.method, question.args);
      case 'list':
        return lists.push((call(question.method, question.args) as AsyncIterable<unknown>)[Symbol.asyncIterator]()) - 1;
      case 'next':
        return lists[question.list]?.next();
      case 'fill':
        filled = SHAPES[question.shape](source.directory, question.people, question.groups);
        return filled.people;
      case 'act':
        return filled[question.what]?.();
      case 'rename':
        for (const id of question.ids) source.directory.updateUser(id, { displayName: question.displayName });
        return;
      default:
        return requests;
    }
  });
}
