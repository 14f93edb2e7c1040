import type { TableServiceClientOptions } from '@azure/data-tables';
import { narrowOffset, type OffsetBounds, offsetMs } from '../../core/clock-offset';
import type { Clock } from '../../ports/runtime';

type Policy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number];

/** The `Date` header has whole seconds. https://www.rfc-editor.org/rfc/rfc9110#field.date */
const RESOLUTION_MS = 1_000;

/** The table service's clock, as far as its answers tell. */
export interface StoreClock {
  /** This machine's clock, moved to the service's: instances whose own clocks are minutes apart agree on it within the time of an answer. */
  readonly clock: Clock;
  /** Listens to every answer of a table client. */
  readonly policy: Policy;
}

/**
 * Makes it. Leases, claims, marks and the rate limiter compare instants that another instance wrote; the one clock that all instances see is
 * that of the store which holds those instants, told by the `Date` header of each answer.
 */
export function makeStoreClock(own: Clock): StoreClock {
  let bounds: OffsetBounds | undefined;
  return {
    clock: () => new Date(own().getTime() + offsetMs(bounds)),
    policy: {
      position: 'perRetry',
      policy: {
        name: 'storeClock',
        sendRequest: async (request, next) => {
          const sentAtMs = own().getTime();
          const answer = await next(request);
          const toldMs = Date.parse(answer.headers.get('date') ?? '');
          if (!Number.isNaN(toldMs))
            bounds = narrowOffset(bounds, { sentAtMs, receivedAtMs: own().getTime(), toldMs, resolutionMs: RESOLUTION_MS });
          return answer;
        },
      },
    },
  };
}
