/**
 * Makes what azd deploys from `main.bicep`: a template for the subscription with the same parameters, which makes a resource group of
 * its own and deploys `main.bicep` into it, and the file that gives each parameter from the azd environment. Made rather than written,
 * so that a new parameter can never be out of azd's reach.
 */

const NOTE = '// Made from main.bicep by `npm run infra:check -- --write`: change that file, not this one.';
/** Types that azd cannot fill: it puts texts into the parameter file as they are, so a quotation mark would break the file. */
const MAPS = ['Tags', 'Settings'];
/** What azd itself knows a parameter by; every other has the name of the parameter in capitals. */
const AZD_NAMES = { environmentName: 'AZURE_ENV_NAME', location: 'AZURE_LOCATION', resourceGroupName: 'AZURE_RESOURCE_GROUP' };

/** `zendeskOAuthClientId` → `ZENDESK_OAUTH_CLIENT_ID`: the setting's name where the parameter is a setting. */
export const variableOf = (name) =>
  AZD_NAMES[name] ??
  name
    .replace('OAuth', 'Oauth')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toUpperCase();

/** Parameters and outputs of a template as its text declares them, in order. */
function declared(text, word) {
  return [...text.matchAll(new RegExp(`^${word} (\\w+) ([\\w[\\]]+)`, 'gm'))].map(([, name, type]) => ({ name, type }));
}

/** @param {string} main The text of main.bicep */
export function azdTemplate(main) {
  const from = main.indexOf('// ---- Names and place');
  const to = main.indexOf('// ---- Derived');
  let parameters = main
    .slice(from, to)
    .replace(/^param location string = .*$/m, "@metadata({ azd: { type: 'location' } })\nparam location string");
  for (const type of MAPS)
    parameters = parameters.replaceAll(
      new RegExp(`^@description\\('(.*)'\\)\nparam (\\w+) ${type} = {}$`, 'gm'),
      "@description('$1 Written NAME=value, with | between them.')\nparam $2 string = ''",
    );
  const passed = declared(main, 'param').map(({ name, type }) => `    ${name}: ${MAPS.includes(type) ? `pairs(${name})` : name}`);
  const outputs = [...main.matchAll(/^(@description\('.*'\)\noutput (\w+) \w+ = ).*$/gm)].map(
    ([, start, name]) => `${start}app.outputs.${name}`,
  );
  return `${NOTE}
metadata description = 'What azd deploys: a resource group, and main.bicep in it.'

targetScope = 'subscription'

${parameters}@description('Name of the resource group that is created, and that azd down deletes with everything in it.')
@maxLength(90)
param resourceGroupName string = ''

@description('Values by name, out of NAME=value|NAME=value.')
func pairs(text string) { *: string } =>
  toObject(
    filter(split(text, '|'), pair => contains(pair, '=')),
    pair => trim(split(pair, '=')[0]),
    pair => substring(pair, indexOf(pair, '=') + 1)
  )

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: empty(resourceGroupName) ? 'rg-\${environmentName}' : resourceGroupName
  location: location
  tags: union(pairs(tags), { 'azd-env-name': environmentName })
}

module app 'main.bicep' = {
  scope: group
  params: {
${passed.join('\n')}
  }
}

@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

${outputs.join('\n\n')}
`;
}

/**
 * @param template The compiled azd template, for types and defaults
 * @returns the parameter file; azd takes the text after `=` where a variable is absent or empty
 */
export function azdParameters(template) {
  const value = ([name, { defaultValue }]) => {
    const fallback = defaultValue === undefined || defaultValue === '' || /^\[/.test(defaultValue) ? '' : `=${defaultValue}`;
    return [name, { value: `\${${variableOf(name)}${fallback}}` }];
  };
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(Object.entries(template.parameters).map(value)),
  };
}
