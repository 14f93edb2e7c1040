import NodeEnvironment from 'jest-environment-node';
import { type Azurite, type SharedAzurite, startAzurite } from '../../local/azurite';

/** More than there are test files with storage, several times over. */
const ACCOUNTS = Array.from({ length: 300 }, (_, at) => `account${at}`);

/** The emulator of this worker of jest, and its accounts that nobody has had. */
let shared: Promise<SharedAzurite> | undefined;
let left: string[] = [];

/**
 * An empty account on the emulator that all test files of this worker share, each with accounts of its own: starting one costs more than most
 * files take. It ends with the worker.
 */
async function newAccount(): Promise<Azurite> {
  const account = left.shift();
  if (account === undefined) {
    left = [...ACCOUNTS];
    shared = startAzurite(ACCOUNTS);
    return newAccount();
  }
  const azurite = (await shared) as SharedAzurite;
  azurite.unref();
  return { ...azurite, connectionString: azurite.connectionStringOf(account), stop: async () => undefined };
}

/** Node's environment, with what outlives a test file: jest loads this module once in each worker, and all others anew for each file. */
export default class Environment extends NodeEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    Object.assign(this.global, { newAccount });
  }
}
