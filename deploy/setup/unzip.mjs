import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const DEFLATED = 8;

/** Unpacks the files of a zip archive whose base name is wanted into `dir`, executable (APPNOTE.TXT, sections 4.3.7, 4.3.12, 4.3.16). */
export function unzip(archive, wanted, dir) {
  const bytes = readFileSync(archive);
  mkdirSync(dir, { recursive: true });
  for (const entry of entriesOf(bytes)) {
    const name = basename(entry.name);
    if (!wanted.includes(name) || entry.name.endsWith('/')) continue;
    const file = join(dir, name);
    writeFileSync(file, contentOf(bytes, entry));
    chmodSync(file, 0o755);
  }
}

function* entriesOf(bytes) {
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error('not a zip archive');
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count && bytes.readUInt32LE(at) === DIRECTORY_ENTRY; index++) {
    const nameLength = bytes.readUInt16LE(at + 28);
    yield {
      method: bytes.readUInt16LE(at + 10),
      size: bytes.readUInt32LE(at + 20),
      offset: bytes.readUInt32LE(at + 42),
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
    };
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
}

function contentOf(bytes, { offset, size, method }) {
  const from = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  const data = bytes.subarray(from, from + size);
  return method === DEFLATED ? inflateRawSync(data) : data;
}
