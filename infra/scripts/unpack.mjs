/**
 * Lays the package that `npm run package` made out as a folder, for azd, which zips a folder itself. The package stays the one list
 * of what is deployed.
 *
 *   node infra/scripts/unpack.mjs <zip> <folder>
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const [zip, target] = process.argv.slice(2);
if (!zip || !target) throw new Error('usage: node infra/scripts/unpack.mjs <zip> <folder>');
const bytes = readFileSync(zip);
const folder = resolve(target);

// The central directory at the end lists the entries. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.12 and 4.3.16
const END = 0x06054b50;
let end = bytes.length - 22;
while (end >= 0 && bytes.readUInt32LE(end) !== END) end -= 1;
if (end < 0) throw new Error(`${zip} is no zip file`);
const count = bytes.readUInt16LE(end + 10);
let at = bytes.readUInt32LE(end + 16);

// Dot files are ours: they tell git and azd what to make of the folder.
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder))
  if (!name.startsWith('.')) rmSync(resolve(folder, name), { recursive: true, force: true });
for (let entry = 0; entry < count; entry += 1) {
  const method = bytes.readUInt16LE(at + 10);
  const size = bytes.readUInt32LE(at + 20);
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
  const local = bytes.readUInt32LE(at + 42);
  const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
  at += 46 + nameLength + extraLength + commentLength;
  if (name.endsWith('/')) continue;
  const file = resolve(folder, name);
  if (!file.startsWith(folder + sep)) throw new Error(`${name} leads out of the folder`);
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const data = bytes.subarray(start, start + size);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, method === 0 ? data : inflateRawSync(data));
  process.stdout.write(`${name}  ${(size / 1024).toFixed(0)} KiB packed\n`);
}
