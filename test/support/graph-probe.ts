/** A page of a list or an object, loosely typed: tests look at the wire as it is. */
export interface GraphPage {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { value: Record<string, unknown>[]; error: { code: string; message: string } };
}

/** The whole round of a delta query. */
export interface GraphRound {
  readonly value: Record<string, unknown>[];
  readonly pages: GraphPage[];
  readonly deltaLink: string;
}

/** A plain Graph client for tests: no retries, no opinions. */
export class GraphProbe {
  constructor(
    private readonly base: string,
    private readonly token = 'test',
  ) {}

  /** GET of a path below the base URL, or of a whole link. */
  async get(pathOrLink: string, headers: Record<string, string> = {}): Promise<GraphPage> {
    return this.send('GET', pathOrLink, headers, undefined);
  }

  /** POST of a JSON body. */
  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<GraphPage> {
    return this.send('POST', path, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
  }

  /** All pages of a list, as long as there is a nextLink. */
  async pages(pathOrLink: string, headers: Record<string, string> = {}): Promise<GraphPage[]> {
    const pages = [await this.get(pathOrLink, headers)];
    for (let next = pages.at(-1)?.body['@odata.nextLink']; typeof next === 'string'; next = pages.at(-1)?.body['@odata.nextLink'])
      pages.push(await this.get(next, headers));
    return pages;
  }

  /** All entries of a list. */
  async all(pathOrLink: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>[]> {
    return (await this.pages(pathOrLink, headers)).flatMap((page) => page.body.value ?? []);
  }

  /** A whole round of a delta query. */
  async round(pathOrLink: string, headers: Record<string, string> = {}): Promise<GraphRound> {
    const pages = await this.pages(pathOrLink, headers);
    const deltaLink = String(pages.at(-1)?.body['@odata.deltaLink'] ?? '');
    return { value: pages.flatMap((page) => page.body.value ?? []), pages, deltaLink };
  }

  private async send(
    method: string,
    pathOrLink: string,
    headers: Record<string, string>,
    body: string | undefined,
  ): Promise<GraphPage> {
    const url = pathOrLink.startsWith('http') ? pathOrLink : `${this.base}${pathOrLink}`;
    const authorization: Record<string, string> = this.token === '' ? {} : { authorization: `Bearer ${this.token}` };
    const response = await fetch(url, {
      method,
      headers: { ...authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  }
}
