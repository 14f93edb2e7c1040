import type { JobConfig, SourceConfig, ZendeskConfig } from '../config/config';
import { type AccessSettings, placeOf, SETTING_KEYS, settingOf } from '../config/schema';

/** The settings that decide what the job does: the job's slice of the configuration, and whose job it is. */
export type JobSettings = JobConfig & AccessSettings & Pick<SourceConfig, 'tenantId'> & Pick<ZendeskConfig, 'subdomain'>;

/**
 * What decides who has which access, as [setting, value] sorted by setting: a change of it makes the next cycle an initial one, because
 * no object of the source changes with it. It follows from the mark of each declaration, so that none can be forgotten.
 */
export function accessRules(settings: JobSettings): readonly (readonly [string, unknown])[] {
  const values: Readonly<Record<string, unknown>> = { ...settings };
  const marked = SETTING_KEYS.filter((key) => settingOf(key).decidesAccess).sort();
  return marked.map((key) => [key, values[placeOf(key)[1]]]);
}
