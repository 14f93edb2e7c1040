/** A stored version of the mappings, without its text. Never changed once it is there. */
export interface SchemaVersion {
  /** 1 and up; 0 is the file and is not stored. */
  readonly version: number;
  /** Stands for what the mappings decide; see `ProvisioningSchema.hash`. As the app computed it that stored the version. */
  readonly hash: string;
  /** SHA-256 of the text, hexadecimal: tells a damaged text from a whole one. */
  readonly digest: string;
  /** Of the text, in UTF-16 units. */
  readonly length: number;
  /** ISO 8601. */
  readonly storedAt: string;
  /** A name of a person or program. */
  readonly storedBy: string;
  /** The object id of the person in Entra ID; empty for a program. */
  readonly storedById: string;
  /** Why, in the words of whoever stored it; empty when nothing was said. */
  readonly why: string;
}

/** Numbered versions of the mappings. Throws as the other stores do. */
export interface SchemaStore {
  /** Every version, the oldest first. */
  list(): Promise<readonly SchemaVersion[]>;
  read(version: number): Promise<SchemaVersion | undefined>;
  /** The text as it is found: whole only if its digest is that of the version. */
  readText(version: SchemaVersion): Promise<string>;
  /** Stores a version; it is there once all of its text is. @throws StaleStateError when its number is taken */
  add(version: SchemaVersion, text: string): Promise<void>;
}
