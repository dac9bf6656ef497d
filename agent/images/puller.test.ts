import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { type ImageInfo, type PullOptions, type RegistryCredentials, RuntimeError } from '../runtime.ts';
import { ImagePuller } from './puller.ts';

const anna: RegistryCredentials = { server: 'registry.example', username: 'anna', password: 'secret' };
const bert: RegistryCredentials = { ...anna, username: 'bert' };
const quiet = () => {};

/** An engine whose pulls end when the test says so. */
class Registry {
  readonly asked: { reference: string; options: PullOptions | undefined; end: PromiseWithResolvers<ImageInfo> }[] = [];

  pull(reference: string, signal: AbortSignal, options?: PullOptions): Promise<ImageInfo> {
    const end = Promise.withResolvers<ImageInfo>();
    signal.addEventListener('abort', () => end.reject(new RuntimeError('failed', (signal.reason as Error).message)));
    this.asked.push({ reference, options, end });
    return end.promise;
  }
}

const settle = async () => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};
const image = { id: 'sha256:1', user: '' };

describe('the image puller', () => {
  test('pulls an image once for all who wait with the same credentials, and tells all of progress', async () => {
    const registry = new Registry();
    const clock = new ManualClock();
    const puller = new ImagePuller(registry, 3, clock);
    const heard: string[] = [];
    const listen = (name: string) => () => heard.push(name);
    const first = puller.pull({ reference: 'a', credentials: [anna], progress: listen('first') });
    const second = puller.pull({ reference: 'a', credentials: [anna], progress: listen('second') });
    void puller.pull({ reference: 'a', credentials: [bert], progress: quiet });
    await settle();
    expect(registry.asked.map(({ options }) => options?.credentials?.username)).toEqual(['anna', 'bert']);
    registry.asked[0]?.options?.progress?.({ doneBytes: 1, totalBytes: 2 });
    expect(heard).toEqual(['first', 'second']);
    registry.asked[0]?.end.resolve(image);
    expect((await first).image).toBe(image);
    expect(await second).toBe(await first);
    void puller.pull({ reference: 'a', credentials: [anna], progress: quiet });
    await settle();
    expect(registry.asked).toHaveLength(3);
  });

  test('tries credentials in turn, and tells what all of them came to', async () => {
    const registry = new Registry();
    const puller = new ImagePuller(registry, 3, new ManualClock());
    const pulling = puller.pull({ reference: 'a', credentials: [anna, bert], progress: quiet });
    await settle();
    registry.asked[0]?.end.reject(new RuntimeError('failed', 'no such user'));
    await settle();
    registry.asked[1]?.end.reject(new RuntimeError('failed', 'wrong password'));
    await expect(pulling).rejects.toMatchObject({ kind: 'failed', message: 'no such user; wrong password' });
    expect(registry.asked).toHaveLength(2);
  });

  test('does not ask an engine that is away again', async () => {
    const registry = new Registry();
    const puller = new ImagePuller(registry, 3, new ManualClock());
    const pulling = puller.pull({ reference: 'a', credentials: [anna, bert], progress: quiet });
    await settle();
    registry.asked[0]?.end.reject(new RuntimeError('unreachable', 'it is away'));
    await expect(pulling).rejects.toMatchObject({ kind: 'unreachable' });
    expect(registry.asked).toHaveLength(1);
  });

  test('pulls few at once, and says how long each took beside its waiting', async () => {
    const registry = new Registry();
    const clock = new ManualClock();
    const puller = new ImagePuller(registry, 3, clock);
    const pulls = ['a', 'b', 'c', 'd'].map((reference) => puller.pull({ reference, credentials: [], progress: quiet }));
    await settle();
    expect(registry.asked.map(({ reference }) => reference)).toEqual(['a', 'b', 'c']);
    await clock.advance(2_000);
    registry.asked[1]?.end.resolve(image);
    await settle();
    await clock.advance(1_000);
    registry.asked[3]?.end.resolve(image);
    expect(await pulls[3]).toMatchObject({ tookMs: 1_000, inAllMs: 3_000 });
  });

  test('gives up a pull of which nothing is heard for three minutes', async () => {
    const registry = new Registry();
    const clock = new ManualClock();
    const puller = new ImagePuller(registry, 3, clock);
    let fault: Error | undefined;
    puller.pull({ reference: 'a', credentials: [], progress: quiet }).catch((error) => {
      fault = error;
    });
    await settle();
    await clock.advance(170_000);
    registry.asked[0]?.options?.progress?.({ doneBytes: 1, totalBytes: 2 });
    await clock.advance(170_000);
    await settle();
    expect(fault).toBeUndefined();
    await clock.advance(11_000);
    await settle();
    expect(fault?.message).toBe('nothing came of it for 180 s');
  });
});
