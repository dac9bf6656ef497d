import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What an agent has no use for; each of them costs megabytes on every machine of the cell. */
const STRANGERS =
  /node_modules\/(typebox|yaml|ssh2|@peculiar\/x509|etcd3|fastify|prom-client)\/|\/master\/(main|store|apiserver|scheduler)\//;

/** Prints the URL of each module that `run-agent.ts` loads. */
const SCRIPT = `
import { registerHooks } from 'node:module';
const urls = new Set();
registerHooks({ resolve(name, context, next) { const found = next(name, context); urls.add(found.url); return found; } });
await import(process.argv[1]);
console.log(JSON.stringify([...urls]));
`;

test('an agent loads neither the master nor what describes objects', async () => {
  const entry = new URL('./run-agent.ts', import.meta.url).href;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const args = ['--input-type=module', '--eval', SCRIPT, entry];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, maxBuffer: 8 * 1024 ** 2 });
  const urls = JSON.parse(stdout) as string[];
  expect(urls.length).toBeGreaterThan(100);
  expect(urls.filter((url) => STRANGERS.test(url))).toEqual([]);
});
