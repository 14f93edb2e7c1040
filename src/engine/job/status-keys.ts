/** Keys of the documents in the state store that serve the status, the health and the notices; declared once. */
export const STATUS_KEYS = {
  /** How many objects are linked, as last counted. */
  counts: 'status-counts',
  /** The last executions that went well, which may be older than the cycles that the status lists. */
  executions: 'status-executions',
  /** Since when the watchdog has seen nothing happen. */
  watchdog: 'watchdog',
  /** Whom the failure digest has told about which objects. */
  told: 'notification-told',
  /** By which ways the last notice did not arrive. */
  undelivered: 'notification-warnings',
  /** Which end of the credential people were notified of last. */
  credential: 'credential-told',
  /** When people were last told whose accounts are deleted or erased soon. */
  leaversTold: 'leavers-told',
  /** The permissions that the app was last seen to lack. */
  permissions: 'permissions-missing',
  /** How far the oldest cycle with waiting items had come when it was last looked at. */
  items: 'items-watch',
  /** When the credential and the permissions were last looked at. */
  looks: 'rare-looks',
  /** What the Zendesk account was like when it was last looked at. */
  account: 'account-seen',
  /** How the last comparison with Zendesk went, and from when on the next one is due. */
  drift: 'drift',
  /** Who may take an agent seat. */
  seats: 'seats',
  /** When people were last told that agent seats are missing. */
  seatsTold: 'seats-told',
  /** The reports of accounts. */
  accounts: 'accounts',
  /** Objects that the source reported without what identifies them. */
  unread: { user: 'unread-users', group: 'unread-groups' },
} as const;
