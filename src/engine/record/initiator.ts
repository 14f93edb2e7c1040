/** Who set a change off. */
export interface Initiator {
  readonly type: 'system' | 'user' | 'application';
  readonly id: string;
  readonly displayName: string;
}
