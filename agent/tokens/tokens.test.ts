import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { seededRng } from '../../platform/rng.ts';
import type { Pod, PodSpec } from '../pod-types.ts';
import { volumeFiles } from '../volumes/volume-files.ts';
import { type GrantedToken, readToken, renewAtMs } from './granted.ts';
import { tokenAccess, tokenPlaces, tokenRequest } from './token-wish.ts';
import { Tokens } from './tokens.ts';

const HOUR_MS = 3_600_000;
const podOf = (spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { namespace: 'n', name: 'p', uid: 'u' },
  spec: {
    serviceAccountName: 'robot',
    containers: [{ name: 'main' }],
    volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
    ...spec,
  },
});
const jwt = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;

/** A master that gives tokens named by their number, until it is away. */
function scene({ shown }: { shown?: GrantedToken } = {}) {
  const clock = new ManualClock();
  const state = { given: 0, away: false, changed: 0 };
  const tokens = new Tokens({
    fetch: async () => {
      if (state.away) throw new Error('connection refused');
      state.given += 1;
      return { token: `t${state.given}`, issuedAtMs: 0, expiresAtMs: HOUR_MS };
    },
    shown: async () => shown,
    changed: () => {
      state.changed += 1;
    },
    clock,
    rng: seededRng(1),
  });
  const pod = podOf();
  const current = () => tokens.get(pod, { audience: undefined, seconds: 3600 });
  return { clock, state, tokens, pod, current };
}

test('a token is had at once, and another before it runs out', async () => {
  const { clock, state, tokens, pod, current } = scene();
  tokens.want(pod);
  await tokens.settled('u');
  expect([current(), tokens.version('u'), state.changed]).toEqual(['t1', '0', 0]);
  await clock.advance(0.7 * HOUR_MS);
  expect(current()).toBe('t1');
  await clock.advance(0.1 * HOUR_MS);
  expect([current(), tokens.version('u'), state.changed]).toEqual(['t2', '1', 1]);
  tokens.forget('u');
  expect(clock.pending).toBe(0);
});

test('without a master the old one stays, and the next comes soon after it is back', async () => {
  const { clock, state, tokens, pod, current } = scene();
  tokens.want(pod);
  await tokens.settled('u');
  state.away = true;
  await clock.advance(3 * HOUR_MS);
  expect(current()).toBe('t1');
  state.away = false;
  tokens.tryAgain();
  await clock.advance(0);
  expect(current()).toBe('t2');
});

test('who was told that there is none is told of the first', async () => {
  const { clock, state, tokens, pod, current } = scene();
  state.away = true;
  tokens.want(pod);
  await tokens.settled('u');
  expect(current).toThrow('no token of the service account "robot" yet: connection refused');
  state.away = false;
  await clock.advance(2_000);
  expect([current(), tokens.version('u'), state.changed]).toEqual(['t1', '1', 1]);
});

test('whoever waits is not kept for long', async () => {
  const clock = new ManualClock();
  const never = new Promise<never>(() => {});
  const parts = { shown: async () => undefined, changed: () => {}, clock, rng: seededRng(1) };
  const tokens = new Tokens({ ...parts, fetch: () => never });
  tokens.want(podOf());
  let over = false;
  const waiting = tokens.settled('u').then(() => {
    over = true;
  });
  await clock.advance(2_999);
  expect(over).toBe(false);
  await clock.advance(1);
  await waiting;
});

test('an agent that was started again goes on with what the volume shows', async () => {
  const now = new ManualClock().now();
  const shown = { token: 'old', issuedAtMs: now - HOUR_MS / 2, expiresAtMs: now + HOUR_MS / 2 };
  const { clock, state, tokens, pod, current } = scene({ shown });
  tokens.want(pod);
  await tokens.settled('u');
  expect([current(), state.given]).toEqual(['old', 0]);
  await clock.advance(0.31 * HOUR_MS);
  expect([current(), state.given]).toEqual(['t1', 1]);
});

test('a token is renewed within its life, after at most a day', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 600, max: 2 ** 32 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (seconds, share) => {
        const token = { token: '', issuedAtMs: 0, expiresAtMs: seconds * 1000 };
        const atMs = renewAtMs(token, share);
        expect(atMs).toBeLessThanOrEqual(Math.min(0.8 * token.expiresAtMs, 24 * HOUR_MS));
        expect(atMs).toBeGreaterThan(0.7 * Math.min(0.8 * token.expiresAtMs, 24 * HOUR_MS));
      },
    ),
  );
});

test('the times of a token stand in it', () => {
  expect(readToken(jwt({ iat: 1, exp: 2 }))).toMatchObject({ issuedAtMs: 1000, expiresAtMs: 2000 });
  expect(readToken('nonsense')).toBeUndefined();
  expect(readToken(jwt({ exp: 'soon' }))).toBeUndefined();
});

test('it is asked for the pod, as whom it runs', () => {
  const sources = [
    { serviceAccountToken: { path: 'token' } },
    { serviceAccountToken: { path: 'a/vault', audience: 'vault', expirationSeconds: 600 } },
    { serviceAccountToken: { path: 'again' } },
  ];
  const pod = podOf({ volumes: [{ name: 'v', projected: { sources } }] });
  expect(tokenPlaces(pod).map(({ wish, path }) => [path, wish.seconds])).toEqual([
    ['again', 3600],
    ['a/vault', 600],
  ]);
  expect(tokenRequest(pod, { audience: 'vault', seconds: 600 })).toEqual({
    path: '/api/v1/namespaces/n/serviceaccounts/robot/token',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: ['vault'],
        expirationSeconds: 600,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' },
      },
    },
  });
});

test.each<[string, Partial<PodSpec>, object]>([
  ['who runs as whoever the image says', {}, { mode: 0o644 }],
  ['who runs as one user', { securityContext: { runAsUser: 7 } }, { mode: 0o600, uid: 7 }],
  ['whose volumes have a group', { securityContext: { fsGroup: 9 } }, { mode: 0o600 }],
  [
    'whose containers run as several',
    { securityContext: { runAsUser: 7 }, initContainers: [{ name: 'i', securityContext: { runAsUser: 8 } }] },
    { mode: 0o644 },
  ],
])('the file of a pod %s', (_what, spec, access) => {
  const pod = podOf(spec);
  expect(tokenAccess(pod, 0o644)).toEqual(access);
  const facts = { pod, nodeName: '', hostIp: '', podIp: '', allocatable: { cpuMilli: 0, memoryBytes: 0 } };
  const none = { configMap: () => undefined, secret: () => undefined };
  const [volume] = pod.spec!.volumes!;
  expect(volumeFiles(volume!, facts, { ...none, token: () => 'T' })).toEqual([
    { path: 'token', content: Buffer.from('T'), ...access },
  ]);
  expect(() => volumeFiles(volume!, facts, none)).toThrow('needs a master');
});
