import { AsyncLocalStorage } from 'node:async_hooks';
import { ReadableStream } from 'node:stream/web';
import type { HttpResponseInit } from '@azure/functions';
import { ProvisioningError } from '../core/errors';
import { type Cell, csvBroken, csvHead, csvLines, type Separator } from './csv';
import { invocationLogger } from './logger';

/** How things become a file. */
interface Writer<T> {
  readonly contentType: string;
  readonly head: string;
  page(things: readonly T[], isFirst: boolean): string;
  readonly tail: string;
  broken(message: string): string;
}

/**
 * A file of any size, made page by page as the client takes it. The first page is read before the response begins, so that what goes
 * wrong at once is still a proper refusal; what goes wrong later ends the file with a line that says so, in JSON with one that makes
 * the file unreadable.
 */
export async function download<T>(
  pages: AsyncGenerator<readonly T[], void>,
  writer: Writer<T>,
  fileName: string,
): Promise<HttpResponseInit> {
  const first = await pages.next();
  return {
    status: 200,
    headers: {
      'content-type': writer.contentType,
      'content-disposition': `attachment; filename="${fileName}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body: ReadableStream.from(chunks(first, pages, writer)),
  };
}

async function* chunks<T>(
  first: IteratorResult<readonly T[], void>,
  pages: AsyncGenerator<readonly T[], void>,
  writer: Writer<T>,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  // The body is read after the handler has ended; what is logged then still belongs to this invocation.
  const withinInvocation = AsyncLocalStorage.snapshot();
  yield encoder.encode(writer.head);
  let isFirst = true;
  try {
    for (let page = first; !page.done; page = await withinInvocation(() => pages.next())) {
      const text = writer.page(page.value, isFirst);
      isFirst = false;
      if (text !== '') yield encoder.encode(text);
    }
  } catch (error) {
    const code = error instanceof ProvisioningError ? error.code : 'PROV_BUG';
    withinInvocation(() => invocationLogger.error('A download broke off', { code }));
    yield encoder.encode(writer.broken(`The download broke off (${code}); ask for it again.`));
    return;
  } finally {
    await pages.return(undefined);
  }
  if (writer.tail !== '') yield encoder.encode(writer.tail);
}

/** Writes a list in JSON. */
export const jsonWriter = <T>(shown: (thing: T) => unknown): Writer<T> => ({
  contentType: 'application/json; charset=utf-8',
  head: '[',
  page: (things, isFirst) =>
    things.map((thing, index) => `${isFirst && index === 0 ? '\n' : ',\n'}${JSON.stringify(shown(thing))}`).join(''),
  tail: '\n]\n',
  broken: (message) => `\nINCOMPLETE: ${message}\n`,
});

/** Writes CSV. */
export const csvWriter = <T>(
  columns: readonly string[],
  rows: (things: readonly T[]) => readonly (readonly Cell[])[],
  separator?: Separator,
): Writer<T> => ({
  contentType: 'text/csv; charset=utf-8; header=present',
  head: csvHead(columns, separator),
  page: (things) => csvLines(rows(things), separator),
  tail: '',
  broken: (message) => csvBroken(message, separator),
});
