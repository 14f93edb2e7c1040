import type { uniqueCandidates } from '../../core/map';
import type { TargetReads } from '../../ports/target-connector';

/**
 * Looks up which values are free: the candidates of each attribute in order, until nobody has one. Reads only.
 * @returns whether nobody has a value; one that was not asked about counts as free, and Zendesk itself refuses it if it is not
 */
export async function findFreeValues(
  target: Pick<TargetReads, 'findUsers'>,
  candidates: ReturnType<typeof uniqueCandidates>,
): Promise<(attribute: string, value: string) => boolean> {
  const taken = new Set<string>();
  const keyOf = (attribute: string, value: string): string => `${attribute}\n${value}`;
  for (const { attribute, values } of candidates) {
    for (const value of values) {
      if ((await target.findUsers({ attribute, value })).length === 0) break;
      taken.add(keyOf(attribute, value));
    }
  }
  return (attribute, value) => !taken.has(keyOf(attribute, value));
}
