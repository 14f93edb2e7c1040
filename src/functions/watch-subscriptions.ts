import { randomBytes } from 'node:crypto';
import type { ConfiguredApp } from '../compose';
import type { Config } from '../config/config';
import { keepSubscriptions } from '../engine/hints/keep-subscriptions';
import { ROUTES } from './routes';

const SECRET_BYTES = 48;

/** Where Graph is to send notifications; undefined while they are off, or the app does not know its address. */
export function notificationUrl({ source, notification }: Config): string | undefined {
  const { appUrl } = notification;
  return source.changeNotifications === 'On' && appUrl !== undefined
    ? `${appUrl}/api/${ROUTES.graphNotifications.route}`
    : undefined;
}

/** Keeps the subscriptions to change notifications as the settings want them. */
export const watchSubscriptions = ({ deps, graph, config }: ConfiguredApp): Promise<void> =>
  keepSubscriptions(
    { ...deps, subscriptions: graph.subscriptions, newSecret: () => randomBytes(SECRET_BYTES).toString('base64url') },
    notificationUrl(config),
  );
