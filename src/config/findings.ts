import type { ConfigIssue } from '../core/errors';
import type { SettingKey } from './schema';

/** Collects what is wrong with the settings (`issues`) and what deserves a look (`warnings`). */
export class Findings {
  readonly issues: ConfigIssue[] = [];
  readonly warnings: ConfigIssue[] = [];

  problem(setting: SettingKey, problem: string): undefined {
    this.issues.push({ setting, problem });
    return undefined;
  }

  warn(setting: string, problem: string): void {
    this.warnings.push({ setting, problem });
  }

  /** Whether any of these settings has an issue. */
  blames(settings: readonly SettingKey[]): boolean {
    return this.issues.some((issue) => settings.some((setting) => setting === issue.setting));
  }
}
