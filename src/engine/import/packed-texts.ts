/** Bytes of a block. Blocks are not copied when more is needed, and lie outside the heap. */
const BLOCK = 1 << 20;
const FIRST_SLOTS = 1 << 8;
const NONE = -1;
/** Units of the longest id that anybody has; longer texts are kept as well. */
const USUAL_UNITS = 256;

/**
 * Many short texts, numbered from 0 in the order in which they came, kept as bytes outside the heap: a third of what strings and a map take.
 * Texts are compared byte by byte, so no two are taken for one another, and each comes back as it was.
 */
export class PackedTexts {
  readonly #blocks: Buffer[] = [];
  #used = BLOCK;
  /** By number: where a text begins, and its length in bytes, doubled, plus 1 where each unit has two bytes. */
  #starts = new Uint32Array(FIRST_SLOTS);
  #lengths = new Uint32Array(FIRST_SLOTS);
  /** Numbers of interned texts by their hash, open addressing. */
  #slots = new Int32Array(FIRST_SLOTS).fill(NONE);
  #interned = 0;
  #size = 0;
  /** The bytes of the text that is looked at. */
  #bytes = Buffer.alloc(2 * USUAL_UNITS);

  get size(): number {
    return this.#size;
  }

  /** Keeps a text that is not to be found again by its content. Returns its number. */
  append(text: string): number {
    return this.#append(this.#encode(text));
  }

  /** The number of a text, which is kept if it is new. */
  intern(text: string): number {
    const length = this.#encode(text);
    const slot = this.#slotOf(length);
    const known = this.#slots[slot] ?? NONE;
    if (known !== NONE) return known;
    const number = this.#append(length);
    this.#slots[slot] = number;
    this.#interned += 1;
    if (this.#interned * 4 > this.#slots.length * 3) this.#rehash();
    return number;
  }

  /** The number of an interned text; undefined where it was never interned. */
  find(text: string): number | undefined {
    const known = this.#slots[this.#slotOf(this.#encode(text))] ?? NONE;
    return known === NONE ? undefined : known;
  }

  /** The text of a number that this has given out. */
  get(number: number): string {
    const { block, from, to, isWide } = this.#place(number);
    return block.toString(isWide ? 'utf16le' : 'latin1', from, to);
  }

  #place(number: number) {
    const start = this.#starts[number] ?? 0;
    const length = this.#lengths[number] ?? 0;
    const from = start % BLOCK;
    const block = this.#blocks[Math.floor(start / BLOCK)] ?? this.#bytes;
    return { block, from, to: from + (length >>> 1), isWide: length % 2 === 1 };
  }

  /** Fills the bytes: one a unit where that is enough, as in every id, else two. Returns the length as it is kept. */
  #encode(text: string): number {
    if (this.#bytes.length < 2 * text.length) this.#bytes = Buffer.alloc(2 * text.length);
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit > 0xff) return this.#bytes.write(text, 'utf16le') * 2 + 1;
      this.#bytes[at] = unit;
    }
    return text.length * 2;
  }

  #append(length: number): number {
    const bytes = length >>> 1;
    if (this.#used + bytes > BLOCK) {
      // A text longer than a block has one of its own.
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(BLOCK, bytes)));
      this.#used = 0;
    }
    const number = this.#size;
    if (number === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#lengths = grown(this.#lengths);
    }
    const block = this.#blocks.length - 1;
    this.#bytes.copy(this.#blocks[block] ?? this.#bytes, this.#used, 0, bytes);
    this.#starts[number] = block * BLOCK + this.#used;
    this.#lengths[number] = length;
    this.#used += bytes;
    this.#size += 1;
    return number;
  }

  /** The slot of the text whose bytes are filled: its own, or the free one in which it belongs. */
  #slotOf(length: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(this.#bytes, 0, length >>> 1) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? NONE;
      if (number === NONE) return slot;
      if (this.#lengths[number] !== length) continue;
      const { block, from, to } = this.#place(number);
      if (block.compare(this.#bytes, 0, length >>> 1, from, to) === 0) return slot;
    }
  }

  #rehash(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(before.length * 2).fill(NONE);
    const mask = this.#slots.length - 1;
    for (const number of before) {
      if (number === NONE) continue;
      const { block, from, to } = this.#place(number);
      let slot = hashOf(block, from, to) & mask;
      while (this.#slots[slot] !== NONE) slot = (slot + 1) & mask;
      this.#slots[slot] = number;
    }
  }
}

/** FNV-1a, mixed as MurmurHash3 ends: the low bits choose the slot. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The same numbers with room for half as many more. */
export function grown<T extends Uint32Array | Int32Array | Uint8Array | Float64Array>(numbers: T): T {
  const larger = new (numbers.constructor as new (length: number) => T)(numbers.length + (numbers.length >> 1));
  larger.set(numbers);
  return larger;
}
