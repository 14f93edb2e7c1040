/** Where the log entry of a change is found, as data. It holds no key: a program has its own. */
export const logUrl = (changeId: string): string => `/api/logs?$filter=${encode(`changeId eq ${quoted(changeId)}`)}`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Lone surrogates, which no address can carry, are replaced. */
const encode = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replaceAll("'", '%27');
