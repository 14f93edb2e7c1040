/** Headers of an answer, names in lower case; a repeated header is a list. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** First value of a header: some come twice (`x-request-id` does in recordings). */
export function header(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}

/** The account's quota as an answer tells it, in all spellings seen. https://developer.zendesk.com/api-reference/introduction/rate-limits/ */
export function quotaOf(headers: AnswerHeaders): {
  limit: number | undefined;
  remaining: number | undefined;
  resetSeconds: number | undefined;
} {
  const first = (...names: string[]) =>
    names.map((name) => wholeNumber(header(headers, name))).find((value) => value !== undefined);
  return {
    limit: first('x-rate-limit', 'ratelimit-limit', 'rate-limit'),
    remaining: first('x-rate-limit-remaining', 'ratelimit-remaining', 'rate-limit-remaining'),
    resetSeconds: first('ratelimit-reset', 'rate-limit-reset'),
  };
}

/** State of the bucket for updates of users, from `Zendesk-RateLimit-create-update-user: total=…;remaining=…;resets=…`. */
export function updateBucketOf(headers: AnswerHeaders): {
  total: number | undefined;
  remaining: number | undefined;
  resets: number | undefined;
} {
  const text = header(headers, 'zendesk-ratelimit-create-update-user') ?? '';
  const part = (name: string) => wholeNumber(new RegExp(`(?:^|[;,\\s])${name}=(\\d{1,9})`).exec(text)?.[1]);
  return { total: part('total'), remaining: part('remaining'), resets: part('resets') };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : undefined;
}
