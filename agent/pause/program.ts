import { elfProgram, MACHINE } from './elf.ts';

/**
 * The pause program: process 1 of every pod, which holds the pod's network and does nothing else. In C it would be
 *
 *     sigaction(SIGCHLD, SIG_IGN);           // orphans that fall to it are reaped by the kernel
 *     sigprocmask(SIG_BLOCK, {INT, TERM});
 *     while (sigtimedwait({INT, TERM}) < 0) {}
 *     exit_group(0);
 *
 * Process 1 ignores signals it has no handler for, unless they are blocked: then they wait until they are asked for. So
 * blocking and waiting ends at once on `docker stop`, without the stack and the return code that a handler would need.
 */
export type Architecture = keyof typeof MACHINE;

/** The program for `architecture`, as a file. */
export function pauseProgram(architecture: Architecture): Buffer {
  const code = { amd64: amd64Code, arm64: arm64Code }[architecture]();
  return elfProgram(MACHINE[architecture], Buffer.concat([code, data()]));
}

const SIGINT = 2;
const SIGTERM = 15;
const SIGCHLD = 17;
/** Bytes of the kernel's signal set. */
const SIGNAL_SET_BYTES = 8;

/** The signal set, then the kernel's `struct sigaction` with SIG_IGN as handler and all else zero. */
function data(): Buffer {
  const words = Buffer.alloc(40);
  words.writeBigUInt64LE((1n << BigInt(SIGINT - 1)) | (1n << BigInt(SIGTERM - 1)), 0);
  words.writeBigUInt64LE(1n, 8);
  return words;
}

/** Where `data()` keeps the two, counted from its start. */
const SET_AT = 0;
const ACTION_AT = 8;

function amd64Code(): Buffer {
  const callNumbers = { sigaction: 13, sigprocmask: 14, sigtimedwait: 128, exitGroup: 231 };
  const length = 94;
  const bytes: number[] = [];
  const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
  const call = (number: number) => bytes.push(0xb8, ...word(number)); // mov eax, number
  const edi = (value: number) => bytes.push(0xbf, ...word(value)); // mov edi, value
  const setBytes = () => bytes.push(0x41, 0xba, ...word(SIGNAL_SET_BYTES)); // mov r10d, 8
  const zeroEsi = () => bytes.push(0x31, 0xf6);
  const zeroEdx = () => bytes.push(0x31, 0xd2);
  const syscall = () => bytes.push(0x0f, 0x05);
  /** lea register, [rip + distance]: the distance counts from the end of this 7-byte instruction. */
  const address = (register: 'rsi' | 'rdi', at: number) => {
    const distance = length + at - (bytes.length + 7);
    bytes.push(0x48, 0x8d, register === 'rsi' ? 0x35 : 0x3d, ...word(distance));
  };
  call(callNumbers.sigaction);
  edi(SIGCHLD);
  address('rsi', ACTION_AT);
  zeroEdx();
  setBytes();
  syscall();
  call(callNumbers.sigprocmask);
  edi(0);
  address('rsi', SET_AT);
  zeroEdx();
  setBytes();
  syscall();
  const wait = bytes.length;
  call(callNumbers.sigtimedwait);
  address('rdi', SET_AT);
  zeroEsi();
  zeroEdx();
  setBytes();
  syscall();
  bytes.push(0x85, 0xc0); // test eax, eax
  bytes.push(0x78, wait - (bytes.length + 2)); // js wait
  call(callNumbers.exitGroup);
  edi(0);
  syscall();
  if (bytes.length !== length) throw new Error(`the amd64 pause code is ${bytes.length} bytes, not ${length}`);
  return Buffer.from(bytes.map((byte) => byte & 255));
}

function arm64Code(): Buffer {
  const callNumbers = { sigaction: 134, sigprocmask: 135, sigtimedwait: 137, exitGroup: 94 };
  const length = 88;
  const words: number[] = [];
  const set = (register: number, value: number) => words.push((0xd2800000 | (value << 5) | register) >>> 0); // movz
  const call = (number: number) => {
    set(8, number);
    words.push(0xd4000001); // svc #0
  };
  /** adr register, distance: counts from this instruction. */
  const address = (register: number, at: number) => {
    const distance = length + at - words.length * 4;
    words.push((0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5) | register) >>> 0);
  };
  set(0, SIGCHLD);
  address(1, ACTION_AT);
  set(2, 0);
  set(3, SIGNAL_SET_BYTES);
  call(callNumbers.sigaction);
  set(0, 0);
  address(1, SET_AT);
  set(2, 0);
  set(3, SIGNAL_SET_BYTES);
  call(callNumbers.sigprocmask);
  const wait = words.length;
  address(0, SET_AT);
  set(1, 0);
  set(2, 0);
  set(3, SIGNAL_SET_BYTES);
  call(callNumbers.sigtimedwait);
  words.push((0xb7f80000 | (((wait - words.length) & 0x3fff) << 5)) >>> 0); // tbnz x0, #63, wait
  set(0, 0);
  call(callNumbers.exitGroup);
  if (words.length * 4 !== length) throw new Error(`the arm64 pause code is ${words.length * 4} bytes, not ${length}`);
  const code = Buffer.alloc(length);
  words.forEach((value, index) => {
    code.writeUInt32LE(value, index * 4);
  });
  return code;
}
