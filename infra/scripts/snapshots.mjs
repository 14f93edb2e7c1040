/**
 * What the templates would make in each mode, evaluated by the compiler without a subscription: one line per property, so that a change
 * shows in a review as what it changes in Azure.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const NEEDED = {
  location: 'westeurope',
  entraServicePrincipalId: '22222222-2222-2222-2222-222222222222',
  zendeskSubdomain: 'acme',
};
const PACKAGE = { packageUri: 'https://example.com/zendesk-provisioning.zip', packageSha256: 'a'.repeat(64) };

/** The parameters of each mode. */
export const MODES = {
  public: NEEDED,
  'fixed-address': { ...NEEDED, networkMode: 'FixedAddress' },
  private: { ...NEEDED, networkMode: 'Private' },
  'app-service': {
    ...NEEDED,
    location: 'usgovvirginia',
    hostingPlan: 'AppService',
    graphBaseUrl: 'https://graph.microsoft.us/v1.0',
  },
  available: { ...NEEDED, zoneRedundant: true, storageSku: 'Standard_GZRS', alwaysReadyHttp: 2, alwaysReadyWork: 2 },
  release: { ...NEEDED, ...PACKAGE },
  everything: {
    ...NEEDED,
    zendeskSecretExpiresAt: '2027-06-30',
    zendeskSecret: 'secret',
    notificationEmail: 'it@example.com, help@example.com',
    notificationWebhookUrl: 'https://example.com/hook',
    provisioningStatus: 'On',
    allowedInboundAddresses: '203.0.113.0/24, 198.51.100.7/32',
    consoleClientId: '33333333-3333-3333-3333-333333333333',
    twoPersonApproval: 'On',
    extraAppSettings: { WEBSITE_TIME: 'x' },
    tags: { owner: 'it' },
  },
};

/** What must be refused before anything is made, and the words of the refusal. */
export const REFUSED = [
  { parameters: { ...NEEDED, location: 'usgovvirginia' }, says: 'does not offer Flex Consumption' },
  // Not among the allowed values: the compiler does not take the parameter file at all.
  { parameters: { ...NEEDED, location: 'antarctica' }, says: 'Compilation failed' },
  { parameters: { ...NEEDED, zoneRedundant: true }, says: 'zoneRedundant needs a storage account that is' },
  {
    parameters: { ...NEEDED, hostingPlan: 'AppService', zoneRedundant: true, storageSku: 'Standard_ZRS' },
    says: 'needs appServiceSize P1v3',
  },
];

/** Texts that have files or tests of their own. */
const LONG = new Set(['query', 'serializedData', 'scriptContent', 'description']);

/** @returns `lines`, one per property of every resource in a steady order, or the `problem` that the compiler names */
export async function snapshotOf(parameters, { infra, cache, bicep }) {
  const folder = join(cache, 'snapshots');
  mkdirSync(folder, { recursive: true });
  const file = join(
    folder,
    `mode-${createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 12)}.bicepparam`,
  );
  const given = Object.entries(parameters).map(([name, value]) => `param ${name} = ${literal(value)}`);
  writeFileSync(file, [`using '${relative(folder, join(infra, 'main.bicep')).replaceAll('\\', '/')}'`, ...given, ''].join('\n'));
  const metadata = {
    tenantId: '33333333-3333-3333-3333-333333333333',
    subscriptionId: '11111111-1111-1111-1111-111111111111',
    resourceGroup: 'rg',
    location: 'westeurope',
    deploymentName: null,
  };
  try {
    const { snapshot } = await bicep.ask('getSnapshot', { path: file, metadata, externalInputs: [] });
    const { predictedResources } = JSON.parse(snapshot);
    return { lines: predictedResources.flatMap((resource) => flat(nameOf(resource.id), resource)).sort() };
  } catch (error) {
    return { problem: error.message };
  } finally {
    rmSync(file);
  }
}

/** Type and name of a resource, without whose it is. */
const nameOf = (id) => id.replace(/^.*?\/providers\//, '');

function literal(value) {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object') return String(value);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name}: ${literal(inner)}`)
    .join(', ')} }`;
}

function flat(path, value) {
  if (value === null || typeof value !== 'object')
    return [`${path} = ${LONG.has(path.split('.').at(-1)) ? '…' : JSON.stringify(value)}`];
  return Object.entries(value)
    .filter(([name]) => !['id', 'type', 'name'].includes(name) || path.includes(' '))
    .flatMap(([name, inner]) => flat(`${path}${path.includes(' ') ? '.' : ' '}${name}`, inner));
}
