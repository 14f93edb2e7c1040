const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * The files that take longest, from the longest on. They begin first: a long one that begins last keeps all other workers idle. jest knows
 * this by itself only where it has run before, and goes by the sizes of files elsewhere.
 */
const LONGEST = [
  'contract/plan',
  'contract/zendesk-connector-bulk',
  'property/undo-crash',
  'e2e/safety',
  'contract/job-control',
  'e2e/notifications',
  'e2e/cycles',
  'e2e/console',
  'e2e/demo',
  'contract/local-host-queue',
  'contract/undo',
  'contract/http-host',
  'contract/zendesk-connector-throughput',
  'contract/storage/storage-faults',
  'contract/storage/connector-space',
  'property/engine-safety',
  'property/engine-mappings',
  'property/engine-leaving',
  'contract/answers',
  'contract/change-notifications',
  'property/drift',
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
