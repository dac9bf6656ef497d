import { noSuchPath } from '../../api/meta/errors.ts';
import { type Answer, json, text } from './answer.ts';
import type { ApiContext } from './context.ts';
import type { RequestInfo } from './request.ts';

/** The Kubernetes version whose API this server follows: what clients compare theirs with. */
const KUBERNETES = { major: '1', minor: '33', patch: '0' };

/** `/version`, in the shape of `version.Info`. */
export function version(context: ApiContext): Answer {
  const { major, minor } = KUBERNETES;
  return json(200, {
    major,
    minor,
    gitVersion: gitVersion(context.version),
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'node',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  });
}

/** `v1.33.0+stowage-0.1.0`: a semantic version whose build part is ours. */
export const gitVersion = (own: string): string =>
  `v${KUBERNETES.major}.${KUBERNETES.minor}.${KUBERNETES.patch}+stowage-${own}`;

type HealthRequest = Extract<RequestInfo, { type: 'health' }>;
type Check = (context: ApiContext) => Promise<void>;

const CHECKS: Readonly<Record<string, Check>> = {
  ping: async () => {},
  store: async ({ store }) => void (await store.revision()),
  cache: async ({ store, cache }) => cache.waitFor(await store.revision()),
};

/** A master without its store still lives, and restarting it would not help. */
const CHECKS_OF: Readonly<Record<HealthRequest['endpoint'], readonly string[]>> = {
  healthz: ['ping', 'store', 'cache'],
  livez: ['ping'],
  readyz: ['ping', 'store', 'cache'],
};

/** Runs the checks now; nothing is polled. 200 `ok`, or 500 with the lines of all checks (Kubernetes, "API health endpoints"). */
export async function health(context: ApiContext, request: HealthRequest, query: URLSearchParams): Promise<Answer> {
  const excluded = new Set(query.getAll('exclude'));
  const names = CHECKS_OF[request.endpoint].filter((name) => !excluded.has(name));
  if (request.check !== undefined && !names.includes(request.check)) throw noSuchPath();
  const chosen = request.check === undefined ? names : [request.check];
  const results = await Promise.all(chosen.map((name) => run(context, name)));
  const failed = results.some(({ ok }) => !ok);
  if (!failed && !query.has('verbose')) return text(200, 'ok');
  const lines = results.map(({ ok, name }) => (ok ? `[+]${name} ok` : `[-]${name} failed: reason withheld`));
  return text(
    failed ? 500 : 200,
    [...lines, `${request.endpoint} check ${failed ? 'failed' : 'passed'}`, ''].join('\n'),
  );
}

async function run(context: ApiContext, name: string): Promise<{ name: string; ok: boolean }> {
  try {
    await CHECKS[name]?.(context);
    return { name, ok: true };
  } catch (error) {
    context.log.warn({ check: name, error: String(error) }, 'a health check failed');
    return { name, ok: false };
  }
}
