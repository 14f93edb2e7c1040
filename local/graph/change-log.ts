import type { ObjectKind } from './types';

/** A relationship that was added or removed: a member of a group, or the manager of a user. */
export interface LinkChange {
  readonly relation: 'members' | 'manager';
  readonly id: string;
  readonly kind: ObjectKind;
  readonly removed: boolean;
}

/** One change in the directory. `created` includes a restore: the whole object is news. */
export interface Change {
  readonly seq: number;
  readonly kind: 'user' | 'group';
  readonly id: string;
  readonly event: 'created' | 'updated' | 'removed';
  readonly properties: readonly string[];
  readonly links: readonly LinkChange[];
}

/** What happened to one object between two moments, folded together; the last word wins for each link. */
export interface ObjectChange {
  readonly id: string;
  created: boolean;
  removed: boolean;
  readonly properties: Set<string>;
  readonly links: Map<string, LinkChange>;
}

/** The history that delta queries are answered from. Change n is at index n − 1. */
export class ChangeLog {
  private readonly changes: Change[] = [];

  append(change: Change): void {
    this.changes.push(change);
  }

  /** Changes of one kind after `since` up to and including `upTo`, one entry per object in the order of their first change. */
  between(kind: 'user' | 'group', since: number, upTo: number): Map<string, ObjectChange> {
    const folded = new Map<string, ObjectChange>();
    for (let index = since; index < upTo; index += 1) {
      const change = this.changes[index];
      if (change === undefined || change.kind !== kind) continue;
      let object = folded.get(change.id);
      if (object === undefined) {
        object = { id: change.id, created: false, removed: false, properties: new Set(), links: new Map() };
        folded.set(change.id, object);
      }
      if (change.event === 'created') object.created = true;
      if (change.event === 'removed') object.removed = true;
      for (const property of change.properties) object.properties.add(property);
      for (const link of change.links) {
        const key = `${link.relation}:${link.id}`;
        object.links.delete(key);
        object.links.set(key, link);
      }
    }
    return folded;
  }
}
