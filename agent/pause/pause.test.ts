import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { packImage } from './archive.ts';
import { pauseArchive } from './image.ts';
import { pauseProgram } from './program.ts';

describe('the pause program', () => {
  test.each([
    ['amd64', 62],
    ['arm64', 183],
  ] as const)('for %s is a small static program', (architecture, machine) => {
    const file = pauseProgram(architecture);
    expect(file.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(file.readUInt16LE(18)).toBe(machine);
    expect(file.length).toBeLessThan(300);
    // It enters right behind its headers, and maps itself whole.
    expect(Number(file.readBigUInt64LE(24)) - Number(file.readBigUInt64LE(64 + 16))).toBe(64 + 56);
    expect(Number(file.readBigUInt64LE(64 + 32))).toBe(file.length);
  });

  test('ends with the two signals it waits for and the disposition that reaps', () => {
    const data = pauseProgram('arm64').subarray(-40);
    const bit = (signal: number) => 1n << BigInt(signal - 1);
    expect(data.readBigUInt64LE(0)).toBe(bit(2) | bit(15));
    expect(data.readBigUInt64LE(8)).toBe(1n);
  });
});

describe('an image archive', () => {
  test('is the same whenever it is made', async () => {
    expect(await pauseArchive('amd64')).toEqual(await pauseArchive('amd64'));
  });

  test('names its parts by what is in them', async () => {
    const files = [
      { path: 'bin/x', content: Buffer.from('x'), mode: 0o755 },
      { path: 'bin/y', linkTo: 'x' },
    ];
    const parts = await entries(
      await packImage({ reference: 'a:1', architecture: 'amd64', files, command: ['/bin/x'] }),
    );
    const [manifest] = JSON.parse(parts.get('manifest.json')?.toString() ?? '[]');
    expect(manifest.RepoTags).toEqual(['a:1']);
    const config = parts.get(manifest.Config) ?? Buffer.alloc(0);
    expect(manifest.Config).toBe(`${sha256(config)}.json`);
    const layer = parts.get(manifest.Layers[0]) ?? Buffer.alloc(0);
    expect(JSON.parse(config.toString())).toMatchObject({
      architecture: 'amd64',
      config: { Cmd: ['/bin/x'] },
      rootfs: { diff_ids: [`sha256:${sha256(layer)}`] },
    });
    expect([...(await entries(layer)).keys()]).toEqual(['bin/x', 'bin/y']);
  });

  test('there is none for machines whose code is not known', async () => {
    await expect(pauseArchive('riscv64')).rejects.toThrow('cannot make the pause image for "riscv64" machines');
  });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function entries(archive: Buffer): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const reader = extract();
  Readable.from([archive]).pipe(reader);
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found.set(entry.header.name, Buffer.concat(chunks));
  }
  return found;
}
