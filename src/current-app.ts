import { type App, type ConfiguredApp, remarksOn } from './compose';
import { ConfigError, StateUnavailableError } from './core/errors';
import { readJob } from './engine/job/job-state';
import { LOOK_MS, versionInUse } from './engine/job/mappings-in-use';
import { withSchema } from './engine/mappings';

/** The app as it is now: which mappings are in use may change while it runs. */
export interface CurrentApp {
  /** As of the last look. */
  current(): App;
  /**
   * Looks which version of the mappings is in use, at most every few seconds. While storage does not say, what was known last stays: nothing can be
   * written then, and whatever writes asks for itself.
   */
  look(): Promise<void>;
}

/** Follows the version of the mappings that is in use. Begins with the file's. */
export function followMappings(composed: App): CurrentApp {
  let current = composed;
  let lookedMs: number | undefined;
  return {
    current: () => current,
    async look() {
      if (composed.kind === 'notConfigured') return;
      const nowMs = composed.deps.clock().getTime();
      if (lookedMs !== undefined && nowMs - lookedMs < LOOK_MS && nowMs >= lookedMs) return;
      try {
        current = await appInUse(composed);
        lookedMs = nowMs;
      } catch (error) {
        if (!(error instanceof StateUnavailableError)) throw error;
      }
    },
  };
}

/** The app with the mappings that are in use now, or what is wrong with them. @throws StateUnavailableError */
export async function appInUse(composed: ConfiguredApp): Promise<App> {
  const { deps } = composed;
  const { value: job } = await readJob(deps.state);
  try {
    const { schema, ignored } = await deps.mappings.load(versionInUse(job));
    const used = withSchema(deps, schema);
    if (used === deps) return composed;
    const warnings = [...composed.settingWarnings, ...remarksOn(ignored)];
    return { ...composed, deps: used, planning: { ...composed.planning, deps: used }, ignored, warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { settingWarnings, config } = composed;
    const { signIn } = config;
    return { kind: 'notConfigured', error, warnings: settingWarnings, signIn, queue: deps.queue, withoutMappings: composed };
  }
}
