import { AsyncLocalStorage } from 'node:async_hooks';
import { ReadableStream } from 'node:stream/web';
import type { HttpResponseInit } from '@azure/functions';
import { ProvisioningError } from '../core/errors';
import { asGraphEntry } from '../core/graph-entry';
import type { ProvisioningLogEntry } from '../core/record';
import { invocationLogger } from './invocation-log';
import { type CsvPart, csvBroken, csvFileName, csvHeader, csvRows } from './log-csv';

/** What to download. */
export type DownloadFormat = { readonly kind: 'json' } | { readonly kind: 'csv'; readonly part: CsvPart };

/** Pages of entries, newest first. */
type Pages = AsyncGenerator<readonly ProvisioningLogEntry[]>;

interface Writer {
  readonly contentType: string;
  readonly fileName: string;
  readonly head: string;
  page(entries: readonly ProvisioningLogEntry[], isFirst: boolean): string;
  readonly tail: string;
  broken(message: string): string;
}

/**
 * A file of any size, made page by page as the client takes it. The first page is read before the response begins, so that what goes
 * wrong at once is still a proper refusal; what goes wrong later ends the file with a line that says so, in JSON with one that makes
 * the file unreadable.
 */
export async function download(pages: Pages, format: DownloadFormat, at: Date): Promise<HttpResponseInit> {
  const writer = format.kind === 'csv' ? csvWriter(format.part) : jsonWriter;
  const first = await pages.next();
  const stamp = at.toISOString().slice(0, 19).replaceAll(':', '-');
  return {
    status: 200,
    headers: {
      'content-type': writer.contentType,
      'content-disposition': `attachment; filename="${writer.fileName.replace('.', `_${stamp}.`)}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body: ReadableStream.from(chunks(first, pages, writer)),
  };
}

async function* chunks(
  first: IteratorResult<readonly ProvisioningLogEntry[], void>,
  pages: Pages,
  writer: Writer,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  // The body is read after the handler has ended; what is logged then still belongs to this invocation.
  const withinInvocation = AsyncLocalStorage.snapshot();
  yield encoder.encode(writer.head);
  let isFirst = true;
  try {
    for (let page = first; !page.done; page = await withinInvocation(() => pages.next())) {
      const text = writer.page(page.value.map(asGraphEntry), isFirst);
      isFirst = false;
      if (text !== '') yield encoder.encode(text);
    }
  } catch (error) {
    const code = error instanceof ProvisioningError ? error.code : 'PROV_BUG';
    withinInvocation(() => invocationLogger.error('A download of the log broke off', { code }));
    yield encoder.encode(writer.broken(`The download broke off (${code}); ask for it again.`));
    return;
  } finally {
    await pages.return(undefined);
  }
  if (writer.tail !== '') yield encoder.encode(writer.tail);
}

const jsonWriter: Writer = {
  contentType: 'application/json; charset=utf-8',
  fileName: 'ProvisioningLogs.json',
  head: '[',
  page: (entries, isFirst) =>
    entries.map((entry, index) => `${isFirst && index === 0 ? '\n' : ',\n'}${JSON.stringify(entry)}`).join(''),
  tail: '\n]\n',
  broken: (message) => `\nINCOMPLETE: ${message}\n`,
};

const csvWriter = (part: CsvPart): Writer => ({
  contentType: 'text/csv; charset=utf-8; header=present',
  fileName: `${csvFileName(part)}.csv`,
  head: csvHeader(part),
  page: (entries) => csvRows(part, entries),
  tail: '',
  broken: csvBroken,
});
