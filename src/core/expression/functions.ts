import type { FunctionDefinition } from './call';
import { dateFunctions } from './functions/dates';
import { listFunctions } from './functions/lists';
import { logicFunctions } from './functions/logic';
import { randomFunctions } from './functions/random';
import { replaceFunction } from './functions/replace';
import { textFunctions } from './functions/text';

/**
 * The functions of the mapping language by their exact name.
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data
 */
export const functions: ReadonlyMap<string, FunctionDefinition> = new Map(
  [...textFunctions, ...logicFunctions, ...listFunctions, ...dateFunctions, ...randomFunctions, replaceFunction].map(
    (definition) => [definition.name, definition],
  ),
);
