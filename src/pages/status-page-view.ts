import type { LookUp } from '../engine/queries/look-up';
import type { StatusView } from '../engine/queries/status-view';
import type { PageLinks } from './links';

/** What only the page shows. */
export interface StatusPageView extends StatusView {
  readonly links: PageLinks;
  /** Names of listed objects by Entra object id. */
  readonly names: ReadonlyMap<string, string>;
  /** Undefined when nobody was asked about. */
  readonly person: LookUp | undefined;
}
