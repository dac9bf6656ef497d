/** ELF machine numbers (ELF specification, e_machine). */
export const MACHINE = { amd64: 62, arm64: 183 } as const;

const FILE_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
/** Where static programs are loaded by custom. */
const BASE_ADDRESS = 0x400000;
/** Fits every page size that these machines use (arm64 kernels may use 64 KiB). */
const ALIGNMENT = 0x10000;
const LOAD = 1;
const READ_AND_EXECUTE = 5;

/**
 * A static 64-bit little-endian program: one segment, readable and executable, that starts at the first byte of `code`. The
 * code must not depend on where it is loaded.
 */
export function elfProgram(machine: number, code: Uint8Array): Buffer {
  const codeOffset = FILE_HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const size = codeOffset + code.length;
  const file = Buffer.alloc(size);
  file.write('\x7fELF', 0, 'latin1');
  file.set([2, 1, 1], 4); // 64 bits, little-endian, ELF version 1
  file.writeUInt16LE(2, 16); // an executable with fixed addresses
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(BASE_ADDRESS + codeOffset), 24); // entry point
  file.writeBigUInt64LE(BigInt(FILE_HEADER_BYTES), 32); // program headers follow at once
  file.writeUInt16LE(FILE_HEADER_BYTES, 52);
  file.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  file.writeUInt16LE(1, 56); // one program header
  segment(size).copy(file, FILE_HEADER_BYTES);
  file.set(code, codeOffset);
  return file;
}

/** The program header that maps the whole file. */
function segment(size: number): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER_BYTES);
  header.writeUInt32LE(LOAD, 0);
  header.writeUInt32LE(READ_AND_EXECUTE, 4);
  header.writeBigUInt64LE(0n, 8); // offset in the file
  header.writeBigUInt64LE(BigInt(BASE_ADDRESS), 16);
  header.writeBigUInt64LE(BigInt(BASE_ADDRESS), 24);
  header.writeBigUInt64LE(BigInt(size), 32); // bytes in the file
  header.writeBigUInt64LE(BigInt(size), 40); // bytes in memory
  header.writeBigUInt64LE(BigInt(ALIGNMENT), 48);
  return header;
}
