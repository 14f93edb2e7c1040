import { ProvisioningError } from '../../core/errors';

/** True if a write was refused because another writer was faster. */
export function isStale(error: unknown): boolean {
  return error instanceof ProvisioningError && error.code === 'PROV_STATE_CONFLICT';
}
