import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { PodMemory } from '../pod-memory.ts';
import type { PodWork } from '../pod-work.ts';
import { RuntimeError } from '../runtime.ts';
import { ensureImage } from './ensure-image.ts';
import type { Pulled, PullRequest } from './puller.ts';

const MEBIBYTE = 1024 ** 2;
const step = { type: 'ensureImage', container: 'app', attempt: 0 } as const;

let clock: ManualClock;
let memory: PodMemory;
let told: string[];
let woken: number;
let request: PullRequest;
let pull: PromiseWithResolvers<Pulled>;

beforeEach(() => {
  clock = new ManualClock();
  memory = new PodMemory(clock);
  told = [];
  woken = 0;
});

function ensure(secrets: readonly string[] = [], image = 'web:1'): void {
  pull = Promise.withResolvers();
  const work = {
    pod: { spec: { containers: [], imagePullSecrets: secrets.map((name) => ({ name })) } },
    sources: { secret: () => undefined, configMap: () => undefined },
    memory,
    event: ({ eventType, reason, message }: Parameters<PodWork['event']>[0]) =>
      told.push(`${eventType} ${reason}: ${message}`),
    wake: () => {
      woken += 1;
    },
  };
  const images = {
    pull: (given: PullRequest) => {
      request = given;
      return pull.promise;
    },
  };
  ensureImage({ ...step, image }, work as unknown as PodWork, { images, clock });
}

test('a pull is told of at its start, at its end and, at growing intervals, between', async () => {
  ensure();
  expect(memory.images.get('app')).toEqual({ attempt: 0, state: 'pulling' });
  for (let second = 1; second <= 100; second += 1) {
    await clock.advance(1_000);
    request.progress({ doneBytes: second * MEBIBYTE, totalBytes: 200 * MEBIBYTE });
  }
  pull.resolve({ image: { id: '1', user: '', sizeBytes: 12345 }, tookMs: 62_500.7, inAllMs: 345.6 });
  await clock.advance(0);
  expect(told).toEqual([
    'Normal Pulling: Pulling image "web:1"',
    'Normal Pulling: Pulling image "web:1": 10.0 MiB of 200.0 MiB so far, after 10s',
    'Normal Pulling: Pulling image "web:1": 30.0 MiB of 200.0 MiB so far, after 30s',
    'Normal Pulling: Pulling image "web:1": 70.0 MiB of 200.0 MiB so far, after 70s',
    'Normal Pulled: Successfully pulled image "web:1" in 1m2.5s (345ms including waiting). Image size: 12345 bytes.',
  ]);
  expect(memory.images.get('app')?.state).toBe('pulled');
  expect(woken).toBe(1);
});

test('a pull that fails is remembered, first as an error and then as a reason to wait', async () => {
  for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'ImagePullBackOff']) {
    ensure();
    pull.reject(new RuntimeError('failed', 'no such image'));
    await clock.advance(0);
    expect(memory.troubles.get('container/app')).toMatchObject({ reason, message: 'no such image' });
    expect(memory.images.get('app')?.state).toBe('absent');
  }
  expect(woken).toBe(3);
});

test('a name that no image can have is not asked for', () => {
  ensure([], 'Web:1');
  expect(memory.troubles.get('container/app')).toMatchObject({ reason: 'InvalidImageName' });
  expect(told).toEqual([]);
});

test('secrets that cannot be used are named', () => {
  ensure(['a', 'b']);
  expect(told[0]).toMatch(/^Warning FailedToRetrieveImagePullSecret: .* \(a, b\)/);
});
