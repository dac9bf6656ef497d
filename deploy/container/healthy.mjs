// What a container's HEALTHCHECK runs: ends with 0 where the part beside it serves. A master is asked whether it is ready, under the
// authority of its own cell; an agent's pages are for those with a certificate, so that it listens must do.
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';

const {
  STOWAGE_DATA_DIR: dataDir,
  STOWAGE_PORT: port = '6443',
  STOWAGE_METRICS_PORT: metricsPort = '10250',
} = process.env;

const checks = {
  master: (done) =>
    get(
      { host: '127.0.0.1', port, path: '/readyz', ca: readFileSync(`${dataDir}/pki/ca.crt`), timeout: 4_000 },
      (answer) => done(answer.statusCode === 200 ? undefined : `it answers ${answer.statusCode}`),
    ),
  agent: (done) => connect({ host: '127.0.0.1', port: Number(metricsPort), timeout: 4_000 }, () => done()),
};

const end = (fault) => {
  if (fault) process.stderr.write(`not healthy: ${fault}\n`);
  process.exit(fault ? 1 : 0);
};

try {
  const part = process.argv[2] ?? '';
  checks[part](end)
    .on('error', (error) => end(error.message))
    .on('timeout', () => end('no answer in 4 s'));
} catch (error) {
  end(error.message);
}
