import { z } from 'zod';
import { UnexpectedResponseError } from '../../core/errors';
import type { ChangeSubscription, ChangeSubscriptions } from '../../ports/change-subscriptions';
import type { Operation } from './failures';
import type { GraphHttp, Json } from './http';
import { OPERATIONS } from './operations';
import { pages } from './paging';

const subscription = z.object({ id: z.string().min(1).max(200), expirationDateTime: z.iso.datetime({ offset: true }) });

/** Subscriptions to changes, by Graph. @see https://learn.microsoft.com/graph/api/resources/subscription */
export function makeSubscriptions(http: GraphHttp): ChangeSubscriptions {
  const path = (id: string): string => `/subscriptions/${encodeURIComponent(id)}`;
  return {
    async subscribe(resource, { notificationUrl, clientState, activeUntil }) {
      const operation = resource === 'users' ? OPERATIONS.subscribeUsers : OPERATIONS.subscribeGroups;
      const answer = await http.change(operation, 'POST', '/subscriptions', {
        // A creation and a deletion that can be undone come as `updated`.
        changeType: 'updated,deleted',
        resource,
        notificationUrl,
        lifecycleNotificationUrl: notificationUrl,
        clientState,
        expirationDateTime: activeUntil,
        latestSupportedTlsVersion: 'v1_2',
      });
      return read(operation, answer);
    },
    async renew(id, activeUntil) {
      const answer = await http.change(OPERATIONS.renew, 'PATCH', path(id), { expirationDateTime: activeUntil });
      return answer && read(OPERATIONS.renew, answer);
    },
    async unsubscribe(id) {
      await http.change(OPERATIONS.unsubscribe, 'DELETE', path(id));
    },
    async subscribedTo(notificationUrl) {
      const ids: string[] = [];
      for await (const rows of pages(http, OPERATIONS.subscriptions, '/subscriptions', {})) {
        for (const { id, notificationUrl: url } of rows) if (url === notificationUrl && typeof id === 'string') ids.push(id);
      }
      return ids;
    },
  };
}

function read(operation: Operation, answer: Json | undefined): ChangeSubscription {
  const parsed = subscription.safeParse(answer);
  if (!parsed.success) throw new UnexpectedResponseError('source', `${operation.name} returned no subscription`);
  return { id: parsed.data.id, activeUntil: new Date(parsed.data.expirationDateTime).toISOString() };
}
