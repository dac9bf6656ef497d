import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Secret } from '../../../api/core/secret.ts';
import type { TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';

const ACCESS = fileURLToPath(new URL('../../../deploy/prometheus-access.yaml', import.meta.url));

export interface Account {
  /** With its `token`, and the cell's `ca.crt`. */
  readonly directory: string;
  readonly token: string;
}

/** Prometheus' account as the shipped manifest makes it, and its files where that tells its reader to put them. */
export async function prometheusAccount(cell: TestCell): Promise<Account> {
  await cell.kubectl.run(['apply', '-f', ACCESS]);
  const data = await eventually('the token', async () => {
    const secret = await cell.kubectl.json<Secret>(['get', 'secret', 'prometheus', '-n', 'monitoring']);
    return secret.data?.token ? secret.data : undefined;
  });
  const plain = (base64 = '') => Buffer.from(base64, 'base64').toString();
  const directory = join(cell.directory, 'account');
  await mkdir(directory);
  await writeFile(join(directory, 'token'), plain(data.token), { mode: 0o600 });
  await writeFile(join(directory, 'ca.crt'), plain(data['ca.crt']));
  return { directory, token: plain(data.token) };
}
