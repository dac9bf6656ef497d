import { expect, test } from 'vitest';
import { cronJobs } from '../batch/cron-job.ts';
import { jobs } from '../batch/job.ts';
import { leases } from '../coordination/lease.ts';
import type { ResourceDefinition } from '../meta/definition.ts';
import { claimOf, created, cronJobOf, jobOf } from '../sample.suite.ts';
import { persistentVolumeClaims } from './persistent-volume-claim.ts';

const named = (spec: object) => ({ metadata: { name: 'a', namespace: 'default' }, spec });
const odd = jobOf({
  template: { spec: { containers: [{ name: 'a', image: 'b' }], restartPolicy: 'Never', os: { name: 'windows' } } },
});

test.each<[string, ResourceDefinition, object, string[]]>([
  ['a plain job', jobs, jobOf(), []],
  ['the pods of a job', jobs, odd, ['spec.template.spec.os.name']],
  [
    'the jobs of a cron job',
    cronJobs,
    cronJobOf({ jobTemplate: { spec: odd.spec } }),
    ['spec.jobTemplate.spec.template.spec.os.name'],
  ],
  ['a claim', persistentVolumeClaims, claimOf(), []],
  [
    'a filled claim',
    persistentVolumeClaims,
    claimOf({ dataSource: { kind: 'PersistentVolumeClaim', name: 'other' } }),
    ['spec.dataSourceRef'],
  ],
  ['a lease', leases, named({ holderIdentity: 'me', strategy: 'OldestEmulationVersion' }), ['spec.strategy']],
])('%s', (_, resource, manifest, fields) => {
  const { object } = created(resource, manifest);
  expect(resource.warnings?.(object)).toEqual(
    fields.map((field) => `${field}: kept, but this version of Stowage does not act on it`),
  );
});
