import { createHash } from 'node:crypto';
import type { EngineDeps } from '../deps';
import { accessRules } from '../job-settings';
import { changeJob } from './job-state';

/** What decides on everything beside the source: a hash of the mappings and of the settings that decide access. */
export const rulesOf = ({ schema, settings }: Pick<EngineDeps, 'schema' | 'settings'>): string =>
  createHash('sha256')
    .update(JSON.stringify([schema.hash, accessRules(settings)]))
    .digest('hex');

/**
 * Notes what something is carried out by, before it is. Where it went by something else before, the next cycle begun is an initial one: what is deployed and
 * taken back before a cycle begins leaves no other trace, and what was done by it would stay.
 * @param deps with the mappings in use
 */
export async function noteRules(deps: EngineDeps): Promise<void> {
  const rules = rulesOf(deps);
  const initialDue = `The mappings or the settings have changed; carried out by them since ${deps.clock().toISOString()}.`;
  await changeJob(deps.state, (job) =>
    job.rulesInUse === rules
      ? job
      : // Null: a version of the app that did not note them yet has run before.
        { ...job, rulesInUse: rules, ...(job.rulesInUse !== null && { initialDue }) },
  );
}
