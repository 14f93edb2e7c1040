import { ConfigError, type ConfigIssue } from '../core/errors';
import { buildAuth, buildNotification, buildStorage } from './build';
import type { Config, PartialConfig, SignInConfig } from './config';
import { Findings } from './findings';
import { RULES, zendeskUrl } from './rules';
import { type Parsed, placeOf, SETTING_KEYS, type SettingKey, type Slice, type SliceName, settingOf } from './schema';
import { mistypedSettings } from './typo';
import { withoutWrapping } from './wrapping';

/** What came of reading the settings. Warnings never stop anything. */
export type LoadedConfig =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigIssue[] }
  | {
      readonly ok: false;
      readonly error: ConfigError;
      readonly partial: PartialConfig;
      readonly warnings: readonly ConfigIssue[];
    };

/**
 * Reads all settings: parse, normalise, then the rules across settings. Pure; never throws; reports every issue together. An empty or
 * blank setting counts as absent.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): LoadedConfig {
  const findings = new Findings();
  const values = readValues(env, findings);
  for (const { name, meant } of mistypedSettings(Object.keys(env))) {
    findings.warn(name, `is not a setting of this app${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }
  for (const rule of RULES) rule(values, findings);
  const slice = <Name extends SliceName>(name: Name) => sliceOf(name, values, findings);
  const given = slice('storage');
  const storage = given && buildStorage(given, findings);
  const credential = slice('credential');
  const auth = credential && buildAuth(credential, findings);
  const [source, target, job, notification, platform] = [
    slice('source'),
    slice('target'),
    slice('job'),
    slice('notification'),
    slice('platform'),
  ];
  const [telemetry, local, console] = [slice('telemetry'), slice('local'), slice('console')];
  const signIn = source &&
    platform &&
    console && { isOn: platform.hasSignIn, tenantId: source.tenantId, ...registrationOf(console) };
  const { warnings } = findings;
  if (
    storage &&
    credential &&
    auth &&
    source &&
    target &&
    job &&
    notification &&
    platform &&
    telemetry &&
    local &&
    console &&
    signIn
  ) {
    return {
      ok: true,
      config: {
        storage,
        source,
        target: {
          baseUrl: zendeskUrl(target.subdomain),
          ...target,
          auth,
          ...(credential.endsOn && { credentialEndsOn: credential.endsOn }),
        },
        job,
        notification: buildNotification(notification, platform),
        telemetry,
        signIn,
        console,
        local,
      },
      warnings,
    };
  }
  const { PROVISIONING_SCHEMA: schemaPath } = values;
  const partial: PartialConfig = { ...(storage && { storage }), ...(schemaPath && { schemaPath }), ...(signIn && { signIn }) };
  return { ok: false, error: new ConfigError(findings.issues), partial, warnings };
}

const registrationOf = ({ clientId }: Slice<'console'>): Pick<SignInConfig, 'clientId'> =>
  clientId === undefined ? {} : { clientId };

/**
 * Reads only how Zendesk is reached, for tools that need nothing else of the settings.
 * @throws ConfigError that names every setting of these with an issue
 */
export function loadZendesk(
  env: Readonly<Record<string, string | undefined>>,
): Pick<Config['target'], 'baseUrl' | 'subdomain' | 'auth'> {
  const findings = new Findings();
  const values = readValues(env, findings);
  for (const rule of RULES) rule(values, findings);
  const target = sliceOf('target', values, findings);
  const credential = sliceOf('credential', values, findings);
  const auth = credential && buildAuth(credential, findings);
  if (target && auth) return { baseUrl: zendeskUrl(target.subdomain), ...target, auth };
  throw new ConfigError(findings.issues.filter(({ setting }) => setting.startsWith('ZENDESK_')));
}

/** What a setting holds when the platform could not read the secret that it refers to. @see https://learn.microsoft.com/azure/app-service/app-service-key-vault-references#troubleshoot-key-vault-references */
const UNREAD_REFERENCE = /^@Microsoft\.(KeyVault|AppConfiguration)\(/i;
const UNREAD_ADVICE =
  'is a reference that Azure could not read: put the secret into the vault, let the identity of the app read it, and have Azure read it again (docs/deploy.md); the environment variables of the app in the portal show what failed';

function readValues(env: Readonly<Record<string, string | undefined>>, findings: Findings): Parsed {
  const values: Partial<Record<SettingKey, unknown>> = {};
  for (const key of SETTING_KEYS) {
    const setting = settingOf(key);
    const text = withoutWrapping(env[key] ?? '') || setting.default;
    if (text === undefined) {
      if (setting.required) findings.problem(key, 'is missing');
      continue;
    }
    if (UNREAD_REFERENCE.test(text)) {
      findings.problem(key, UNREAD_ADVICE);
      continue;
    }
    const result = setting.parse.safeParse(text);
    if (result.success) values[key] = result.data;
    else findings.problem(key, result.error.issues[0]?.message ?? 'cannot be read');
  }
  return values as Parsed;
}

/** The settings of one slice under the names that they have there; undefined when any of them has an issue. */
function sliceOf<Name extends SliceName>(slice: Name, values: Parsed, findings: Findings): Slice<Name> | undefined {
  const keys = SETTING_KEYS.filter((key) => placeOf(key)[0] === slice);
  if (findings.blames(keys)) return undefined;
  const present = keys.flatMap((key) => (values[key] === undefined ? [] : [[placeOf(key)[1], values[key]] as const]));
  return Object.fromEntries(present) as Slice<Name>;
}
