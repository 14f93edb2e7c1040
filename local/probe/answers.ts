import { readEnvelope } from '../../src/adapters/zendesk/envelope';
import type { ProbeAnswer } from './client';

/** `422 RecordInvalid {email: DuplicateValue}`: status, code and which properties with which codes; no texts. */
export function refusalOf({ status, body }: Pick<ProbeAnswer, 'status' | 'body'>): string {
  const { code, complaints, isJson } = readEnvelope(body);
  const details = complaints.map(({ attribute, code: why }) => `${word(attribute)}: ${why ? word(why) : 'no code'}`);
  const where = details.length > 0 ? ` {${[...new Set(details)].join(', ')}}` : '';
  return `${status} ${code ?? (isJson ? 'without a code' : 'without JSON')}${where}`;
}

/** True if a refusal names this code, on top or inside. */
export function hasCode({ body }: Pick<ProbeAnswer, 'body'>, wanted: string): boolean {
  const { code, complaints } = readEnvelope(body);
  return code === wanted || complaints.some((one) => one.code === wanted);
}

export const isFine = ({ status }: Pick<ProbeAnswer, 'status'>): boolean => status >= 200 && status < 300;

/** A name of the other side's that may stand in a report: letters, digits and underscores. */
export const word = (text: string): string => text.replace(/[^\w-]/g, '_').slice(0, 60);

/** Members of what came, whatever it is. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** A list of objects under a name; empty when there is none. */
export function rows(body: unknown, key: string): readonly Readonly<Record<string, unknown>>[] {
  const list = record(body)[key];
  return Array.isArray(list) ? list.map(record) : [];
}
