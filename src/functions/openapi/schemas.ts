import type { Json } from './route';
import { ACTION_SCHEMAS } from './schemas-actions';
import { LOG_SCHEMAS } from './schemas-logs';
import { MAPPING_SCHEMAS } from './schemas-mapping';
import { PROBLEM_SCHEMAS } from './schemas-problem';
import { PROVISIONING_SCHEMAS } from './schemas-provisioning';
import { STATUS_SCHEMAS } from './schemas-status';

/** Every named schema of the document. Bodies may have more properties than are named. */
export const SCHEMAS: Readonly<Record<string, Json>> = {
  ...PROBLEM_SCHEMAS,
  ...STATUS_SCHEMAS,
  ...LOG_SCHEMAS,
  ...ACTION_SCHEMAS,
  ...PROVISIONING_SCHEMAS,
  ...MAPPING_SCHEMAS,
};
