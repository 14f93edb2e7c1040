import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { isGuid } from '../core/guid';
import { type Notification, takeNotifications } from '../engine/hints/take-notifications';
import { openEndpoint } from './endpoint';
import { RequestProblem } from './http';

/** Notifications in one request; Graph bundles some dozens. */
const MOST = 1_000;
const text = z.string().max(2_048);
const optional = text.nullish();

/** @see https://learn.microsoft.com/graph/api/resources/changenotification */
const Incoming = z.looseObject({
  subscriptionId: text,
  clientState: optional,
  tenantId: optional,
  lifecycleEvent: optional,
  resourceData: z.looseObject({ id: optional, '@odata.type': optional }).nullish(),
});

/**
 * `POST /api/graph-notifications`: takes Graph's change notifications, where `CHANGE_NOTIFICATIONS` is On. Anybody may call it: what counts is
 * the secret that came with the subscription, and all that a genuine one can do is to have a cycle started.
 */
export const makeGraphNotifications = openEndpoint(
  {
    tag: 'status',
    summary: "Microsoft Graph's change notifications",
    description:
      'For Microsoft Graph alone, where CHANGE_NOTIFICATIONS is On. Repeats a validation token; takes notifications as hints that a cycle may be worth while, ' +
      'and believes nothing else of them. Without a key: a notification counts only with the secret of a subscription of this app.',
    query: z.strictObject({
      validationToken: z
        .string()
        .max(4_096)
        .optional()
        .meta({ description: 'Sent by Graph to see whether the address takes notifications.' }),
    }),
    body: z.looseObject({ value: z.array(Incoming).max(MOST).optional() }),
    answers: {
      200: { description: 'The validation token, decoded.', content: { 'text/plain': z.string() } },
      202: { description: 'Taken, or dropped: a caller is not told which.' },
    },
    problems: [400, 404, 503],
  },
  async (app, { query, body }) => {
    // Strangers are told nothing about settings.
    if (app.kind === 'notConfigured') throw new RequestProblem('NotConfigured', 'The app is not configured.');
    if (app.config.source.changeNotifications === 'Off') throw new RequestProblem('NotFound', 'Nothing is taken here.');
    if (query.validationToken !== undefined) return plain(query.validationToken);
    const { value } = body;
    if (value === undefined || value.length === 0) throw new RequestProblem('BadRequest', 'There are no notifications in it.');
    await takeNotifications(app.deps, value.map(read));
    return { status: 202 };
  },
);

/** As text, which nobody runs: whoever has made the token. */
const plain = (token: string): HttpResponseInit => ({
  status: 200,
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'",
  },
  body: token,
});

const TYPES: Readonly<Record<string, 'user' | 'group'>> = {
  '#microsoft.graph.user': 'user',
  '#microsoft.graph.group': 'group',
};

function read({ subscriptionId, clientState, tenantId, lifecycleEvent, resourceData }: z.output<typeof Incoming>): Notification {
  const type = TYPES[resourceData?.['@odata.type']?.toLowerCase() ?? ''];
  const id = resourceData?.id?.toLowerCase() ?? '';
  return {
    subscriptionId,
    clientState: clientState ?? undefined,
    tenantId: tenantId ?? undefined,
    subject: type && isGuid(id) ? { type, id } : undefined,
    lifecycleEvent: lifecycleEvent ?? undefined,
  };
}
