import { describe, expect, test } from 'vitest';
import type { RawApi } from '../../raw-api.ts';
import { APPS, CONTAINER, CORE, configMap, fieldsOf, MERGE, made, pod, STRATEGIC, type Stored } from './requests.ts';

/** Objects that can be read and may not be. */
export function objects(api: () => RawApi): void {
  describe('invalid objects: 422 with every field and its reason', () => {
    test('a pod', async () => {
      const answer = await api().post(
        `${CORE}/pods`,
        pod(
          {
            restartPolicy: 'Sometimes',
            containers: [
              { name: 'Main', image: '', ports: [{ containerPort: 70000 }] },
              {
                name: 'two',
                image: 'x',
                resources: { requests: { cpu: '2' }, limits: { cpu: '1' } },
                volumeMounts: [{ name: 'none', mountPath: '/x' }],
              },
              { name: 'two', image: 'x', imagePullPolicy: 'Perhaps' },
            ],
          },
          { name: 'Bad_Name', labels: { a: 'no spaces' } },
        ),
      );
      expect(answer.code).toBe(422);
      const status = answer.status();
      expect(status).toMatchObject({ reason: 'Invalid', details: { name: 'Bad_Name', kind: 'Pod' } });
      // Values outside a closed set are found while reading; the rest is looked at when those are right.
      expect(fieldsOf(status)).toEqual(
        expect.arrayContaining(['spec.containers[2].imagePullPolicy', 'spec.restartPolicy']),
      );
      expect(status.message).toMatch(/^Pod "Bad_Name" is invalid: \[/);
      expect(status.message).toContain('spec.restartPolicy: Unsupported value: "Sometimes": supported values: ');
      const second = await api().post(
        `${CORE}/pods`,
        pod(
          {
            containers: [
              { name: 'Main', image: '', ports: [{ containerPort: 70000 }] },
              {
                name: 'two',
                image: 'x',
                resources: { requests: { cpu: '2' }, limits: { cpu: '1' } },
                volumeMounts: [{ name: 'none', mountPath: '/x' }],
              },
              { name: 'two', image: 'x' },
            ],
          },
          { name: 'Bad_Name', labels: { a: 'no spaces' } },
        ),
      );
      expect(fieldsOf(second.status())).toEqual([
        'metadata.labels',
        'metadata.name',
        'spec.containers[0].image',
        'spec.containers[0].name',
        'spec.containers[0].ports[0].containerPort',
        'spec.containers[1].resources.requests',
        'spec.containers[1].volumeMounts[0].name',
        'spec.containers[2].name',
      ]);
      const reasons = new Map(second.status().details?.causes?.map(({ field, reason }) => [field, reason]));
      expect(reasons.get('spec.containers[0].image')).toBe('FieldValueRequired');
      expect(reasons.get('spec.containers[1].volumeMounts[0].name')).toBe('FieldValueNotFound');
      expect(reasons.get('spec.containers[2].name')).toBe('FieldValueDuplicate');
    });

    test('a Deployment and a Job without what they need', async () => {
      const deployment = await api().post(`${APPS}/deployments`, { metadata: { name: 'x' }, spec: { replicas: -1 } });
      expect(fieldsOf(deployment.status())).toEqual(expect.arrayContaining(['spec.replicas', 'spec.selector']));
      const template = { spec: { restartPolicy: 'Always', containers: [CONTAINER] } };
      const job = await api().post('/apis/batch/v1/namespaces/default/jobs', {
        metadata: { name: 'x' },
        spec: { completions: -1, template },
      });
      expect(fieldsOf(job.status())).toEqual(['spec.completions', 'spec.template.spec.restartPolicy']);
    });

    test('what may not change', async () => {
      const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [CONTAINER] } };
      const spec = { replicas: 0, selector: { matchLabels: { app: 'x' } }, template };
      expect((await api().post(`${APPS}/deployments`, { metadata: { name: 'fixed' }, spec })).code).toBe(201);
      const other = {
        spec: { selector: { matchLabels: { app: 'y' } }, template: { metadata: { labels: { app: 'y' } } } },
      };
      const selector = await api().patch(`${APPS}/deployments/fixed`, STRATEGIC, {
        spec: { selector: { matchLabels: { app: 'y' } }, template: other.spec.template },
      });
      expect(fieldsOf(selector.status())).toEqual(['spec.selector']);
      expect(selector.status().message).toMatch(/spec\.selector: Invalid value: .*: field is immutable$/);
      await made(api(), 'steady');
      const renamed = await api().patch(`${CORE}/configmaps/steady`, MERGE, { metadata: { name: 'other' } });
      expect(renamed.code).toBe(400);
      const uid = await api().patch(`${CORE}/configmaps/steady`, MERGE, { metadata: { uid: 'something-else' } });
      expect(uid.status()).toMatchObject({ code: 409, reason: 'Conflict' });
      const frozen = await api().patch(`${CORE}/configmaps/steady`, MERGE, { immutable: true });
      expect(frozen.code).toBe(200);
      const thawed = await api().patch(`${CORE}/configmaps/steady`, MERGE, { data: { a: '2' } });
      expect(fieldsOf(thawed.status())).toEqual(['data']);
      expect((await api().post(`${CORE}/pods`, pod({ containers: [CONTAINER] }, { name: 'still' }))).code).toBe(201);
      const changed = await api().patch(`${CORE}/pods/still`, STRATEGIC, {
        spec: { containers: [{ name: 'main', command: ['x'] }] },
      });
      expect(changed.status()).toMatchObject({
        code: 422,
        reason: 'Invalid',
        details: { causes: [{ field: 'spec', reason: 'FieldValueForbidden' }] },
      });
    });
  });

  describe('what is not there, and what is there already', () => {
    test('404 with the name and the resource', async () => {
      const answer = await api().get(`${APPS}/deployments/nobody`);
      expect(answer.status()).toMatchObject({
        code: 404,
        reason: 'NotFound',
        message: 'deployments.apps "nobody" not found',
        details: { name: 'nobody', group: 'apps', kind: 'deployments' },
      });
      for (const path of [
        '/nowhere',
        '/api/v2/pods',
        '/apis/none/v1/things',
        `${CORE}/gadgets`,
        `${CORE}/pods/x/gadget`,
      ]) {
        expect((await api().get(path)).status()).toMatchObject({ code: 404, reason: 'NotFound' });
      }
      const nowhere = await api().post('/api/v1/namespaces/no-such/configmaps', configMap('x'));
      expect(nowhere.status()).toMatchObject({ code: 404, message: 'namespaces "no-such" not found' });
    });

    test('405 for what a path cannot do', async () => {
      for (const [method, path] of [
        ['PUT', `${CORE}/configmaps`],
        ['POST', `${CORE}/configmaps/x`],
        ['PATCH', `${CORE}/configmaps`],
        ['DELETE', '/api/v1/namespaces'],
        ['POST', `${CORE}/pods/x/log`],
      ] as const) {
        const answer = await api().send(method, path, method === 'DELETE' ? {} : { body: {} });
        expect([method, path, answer.code, answer.status().reason]).toEqual([method, path, 405, 'MethodNotAllowed']);
      }
    });

    test('409 for a name that is taken and for a version that is stale', async () => {
      const first = await made(api(), 'raced');
      const twice = await api().post(`${CORE}/configmaps`, configMap('raced'));
      expect(twice.status()).toMatchObject({
        code: 409,
        reason: 'AlreadyExists',
        message: 'configmaps "raced" already exists',
      });
      expect((await api().put(`${CORE}/configmaps/raced`, { ...first, data: { a: '2' } })).code).toBe(200);
      const stale = await api().put(`${CORE}/configmaps/raced`, { ...first, data: { a: '3' } });
      expect(stale.status()).toMatchObject({
        code: 409,
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on configmaps "raced": the object has been modified; please apply your changes to the latest version and try again',
      });
      const preconditions = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'another' } };
      expect((await api().send('DELETE', `${CORE}/configmaps/raced`, { body: preconditions })).status()).toMatchObject({
        code: 409,
        reason: 'Conflict',
      });
      expect((await api().get(`${CORE}/configmaps/raced`)).json<Stored>().data).toEqual({ a: '2' });
    });

    test('another namespace or name in the body than in the path: 400', async () => {
      const object = { ...configMap('elsewhere'), metadata: { name: 'elsewhere', namespace: 'kube-system' } };
      const posted = await api().post(`${CORE}/configmaps`, object);
      expect(posted.status()).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(posted.status().message).toContain('does not match the namespace');
      await made(api(), 'here');
      const put = await api().put(`${CORE}/configmaps/here`, configMap('there'));
      expect(put.status().message).toContain('does not match the name on the URL');
    });
  });
}
