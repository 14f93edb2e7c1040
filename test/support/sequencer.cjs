const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * The files that take longest, from the longest on. They begin first: a long one that begins last keeps all other workers idle. jest knows
 * this by itself only where it has run before, and goes by the sizes of files elsewhere.
 */
const LONGEST = [
  'property/undo-crash',
  'contract/plan',
  'e2e/safety',
  'contract/zendesk-connector-bulk',
  'contract/zendesk-bulk-engine',
  'property/engine-order',
  'property/engine-restart',
  'property/engine-together',
  'contract/drift-requests',
  'contract/http-host',
  'property/engine-converges',
  'contract/job-control',
  'property/engine-fence',
  'e2e/notifications',
  'e2e/cycles',
  'e2e/console',
  'e2e/demo',
  'unit/infra-release',
  'contract/local-host-queue',
  'contract/zendesk-connector-throughput',
  'contract/console-pages',
  'contract/answers',
  'contract/undo',
  'property/undo',
  'contract/change-notifications',
  'property/engine-mappings-meanwhile',
  'contract/storage/provisioning-log',
  'property/engine-leaving-restart',
  'contract/openapi-answers',
  'property/engine-safety',
  'contract/storage/connector-space',
];

const placeOf = ({ path }) => {
  const place = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return place < 0 ? LONGEST.length : place;
};

/** The longest first, then as jest has it. */
module.exports = class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => placeOf(a) - placeOf(b));
  }
};
