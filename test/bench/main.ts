/**
 * Benchmarks: `npm run bench -- NAME [options]` prints one JSON line. Storage, Zendesk and Entra ID are stand-ins, each in a
 * process of its own: CPU time and memory are the app's. Counts hold anywhere, times are of the machine.
 *
 *   initial            everybody is new: the cycle, and its export until each has an account      --people 1000 --bulk on|off --instances 1
 *   idle               the initial cycle, one with nothing changed, one with 1 % changed, without export         --people 5000
 *   changed            1 % changed, with export                                                                  --people 1000
 *   update-lane        single changes, one a second                                                              --seconds 60
 *   suspend-1000       1,000 people lose access; held by the brake, let go by an operator
 *   undo-1000          1,000 people suspended by mistake: planned, applied and carried out until all are back (7 minutes)
 *   adopt              everybody has an account already                                                          --people 500
 *   group-heavy        many assigned groups                                                                      --groups 2000
 *   huge-group         one group with everybody in it, then one member more                                      --people 5000
 *   many-memberships   one person in all groups                                                                  --groups 2000
 *   nested             groups ten deep, each in both above it
 *   log-download       the log as CSV and JSON                                                                   --entries 12000
 *   log-questions      the first page of each question to the log
 *   cold-start         the first answer over HTTP of an app that was not running (needs `npm run build`)
 *   console            each page of the console                                                                      --people 100000
 *   hints              from a change to its write, with change notifications                                      --people 10000
 *   mapping            the shipped mapping on 100,000 people
 *
 * `--scale N` compresses Zendesk's time; `--workers N` is the number of work items under way at once;
 * `--storage azurite` takes the emulator in place of the stand-in, whose answers cost next to nothing;
 * `--profile FOLDER` writes a CPU profile of each measured stretch.
 */
import { parseArgs } from 'node:util';
import { coldStart } from './cold-start';
import { consolePages } from './console';
import * as cycles from './cycles';
import { DIRECTORY_ROLE, playDirectory } from './directory-child';
import { hints } from './hints';
import { logDownload, logQuestions } from './logs';
import { mapping } from './mapping';
import { playStorage, STORAGE_ROLE } from './storage-child';
import { playZendesk, ZENDESK_ROLE } from './zendesk-child';

const NUMBERS = { people: '1000', groups: '1', instances: '1', workers: '100', scale: '1', seconds: '60', entries: '12000' };

async function main(): Promise<void> {
  const options = Object.fromEntries(
    [...Object.keys(NUMBERS), 'bulk', 'storage', 'profile'].map((name) => [name, { type: 'string' as const }]),
  );
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [name = ''] = positionals;
  const defaults = DEFAULTS[name] ?? {};
  const number = (key: keyof typeof NUMBERS): number => Number(values[key] ?? defaults[key] ?? NUMBERS[key]);
  const asked = {
    people: number('people'),
    groups: number('groups'),
    seconds: number('seconds'),
    bulk: (values['bulk'] ?? defaults['bulk'] ?? 'on') === 'on',
    instances: number('instances'),
    workers: number('workers'),
    scale: number('scale'),
    storage: values['storage'] === 'azurite' ? ('azurite' as const) : ('lean' as const),
    profile: values['profile'],
  };
  const bench = BENCHES[name];
  if (!bench) throw new Error(`Name one of: ${Object.keys(BENCHES).join(', ')}`);
  console.log(JSON.stringify({ bench: name, ...asked, ...(await bench({ ...asked, entries: number('entries') })) }));
}

const DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  idle: { people: '5000' },
  'update-lane': { people: '120', bulk: 'off', scale: '1' },
  adopt: { people: '500' },
  'group-heavy': { groups: '2000' },
  'huge-group': { people: '5000' },
  'many-memberships': { people: '200', groups: '2000' },
  nested: { people: '200' },
  console: { people: '100000' },
  hints: { people: '10000' },
};

const BENCHES: Readonly<Record<string, (asked: cycles.Asked & { readonly entries: number }) => Promise<cycles.Result>>> = {
  initial: cycles.initial,
  idle: cycles.idle,
  changed: cycles.changed,
  'update-lane': cycles.updateLane,
  'suspend-1000': cycles.suspend,
  'undo-1000': cycles.undo,
  adopt: cycles.adopt,
  'group-heavy': cycles.groupHeavy,
  'huge-group': cycles.hugeGroupCycles,
  'many-memberships': cycles.manyMembershipsOfOne,
  nested: cycles.nestedGroups,
  'log-download': logDownload,
  'log-questions': logQuestions,
  'cold-start': coldStart,
  console: ({ people }) => consolePages(people),
  hints: ({ people }) => hints(people),
  mapping,
};

const ROLES: Readonly<Record<string, (options: string) => Promise<void>>> = {
  [ZENDESK_ROLE]: (options) => playZendesk(JSON.parse(options)),
  [DIRECTORY_ROLE]: (options) => playDirectory(JSON.parse(options)),
  [STORAGE_ROLE]: playStorage,
};

const [name = '', given = '{}'] = process.argv.slice(2);
const role = ROLES[name];
(role ? role(given) : main()).then(
  () => !role && process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
