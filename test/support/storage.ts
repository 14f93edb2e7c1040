import { type Azurite, startAzurite } from '../../local/azurite';

/** Empty storage: in a test an account on the emulator of its worker, elsewhere (a benchmark) an emulator of its own. */
export const startStorage = (): Promise<Azurite> =>
  (globalThis as { readonly newAccount?: () => Promise<Azurite> }).newAccount?.() ?? startAzurite();
