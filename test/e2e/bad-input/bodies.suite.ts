import { describe, expect, test } from 'vitest';
import type { RawApi } from '../../raw-api.ts';
import { APPS, CONTAINER, CORE, configMap, JSON_PATCH, MERGE, made, pod, STRATEGIC } from './requests.ts';

/** Bodies that cannot be read, or not be read as what they should be. */
export function bodies(api: () => RawApi): void {
  describe('bodies', () => {
    test.each([
      [
        'a string for a number',
        pod({ containers: [CONTAINER], terminationGracePeriodSeconds: 'soon' }),
        'spec.terminationGracePeriodSeconds',
      ],
      ['a number for a string', pod({ containers: [{ ...CONTAINER, image: 7 }] }), 'spec.containers[0].image'],
      ['an object for a list', pod({ containers: CONTAINER }), 'spec.containers'],
      ['a list for an object', pod([CONTAINER]), 'spec'],
      [
        'a fraction for a whole number',
        pod({ containers: [CONTAINER], terminationGracePeriodSeconds: 1.5 }),
        'spec.terminationGracePeriodSeconds',
      ],
      ['a string for a boolean', pod({ containers: [CONTAINER], hostNetwork: 'yes' }), 'spec.hostNetwork'],
      [
        'a quantity that is none',
        pod({ containers: [{ ...CONTAINER, resources: { limits: { cpu: 'lots' } } }] }),
        'quantit',
      ],
      [
        'a time that is none',
        pod({ containers: [CONTAINER] }, { name: 'bad', deletionTimestamp: 'tomorrow' }),
        'tomorrow',
      ],
    ])('%s: 400', async (_, body, mention) => {
      const answer = await api().post(`${CORE}/pods`, body);
      expect(answer.code).toBe(400);
      const { reason, message } = answer.status();
      expect(reason).toBe('BadRequest');
      expect(message).toMatch(/^Pod in version "v1" cannot be handled as a Pod: /);
      expect(message).toContain(mention);
    });

    test.each([
      ['nothing', ''],
      ['half an object', '{"kind":"ConfigMap"'],
      ['two values', '{} {}'],
      ['no text at all', Buffer.from([0xff, 0xfe, 0x00, 0x01])],
      ['a list', '[]'],
      ['a word', '"ConfigMap"'],
      ['null', 'null'],
    ])('%s: 400', async (_, body) => {
      const answer = await api().post(`${CORE}/configmaps`, body);
      expect(answer.code).toBe(400);
      expect(answer.status().reason).toBe('BadRequest');
    });

    test('YAML is read; bad YAML, and YAML that would grow without end, is 400', async () => {
      const yaml = (body: string) => api().post(`${CORE}/configmaps`, body, { 'content-type': 'application/yaml' });
      const good = await yaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {a: "1"}\n');
      expect(good.code).toBe(201);
      expect((await yaml('a: b: c')).status()).toMatchObject({ code: 400, reason: 'BadRequest' });
      const doubled = Array.from(
        { length: 40 },
        (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}]`,
      );
      expect((await yaml(['l0: &l0 [x]', ...doubled].join('\n'))).code).toBe(400);
    });

    test('another kind or version than the path says: 400', async () => {
      const kind = await api().post(`${CORE}/configmaps`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'x' },
      });
      expect(kind.status()).toMatchObject({
        code: 400,
        reason: 'BadRequest',
        message: expect.stringContaining('Secret'),
      });
      const version = await api().post(`${APPS}/deployments`, { apiVersion: 'apps/v1beta1', kind: 'Deployment' });
      expect(version.status().message).toContain('does not match the expected API version (apps/v1)');
    });

    test('media types: 415 for what cannot be read, 406 for what cannot be said', async () => {
      const posted = await api().post(`${CORE}/configmaps`, '<x/>', { 'content-type': 'text/xml' });
      expect(posted.status()).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
      const patched = await api().patch(`${CORE}/configmaps/x`, 'application/json', {});
      expect(patched.code).toBe(415);
      expect(patched.status().message).toContain(STRATEGIC);
      const asked = await api().get(`${CORE}/configmaps`, { accept: 'text/html' });
      expect(asked.status()).toMatchObject({ code: 406, reason: 'NotAcceptable' });
    });

    test('a body beyond the limit: 413', async () => {
      const answer = await api().post(`${CORE}/configmaps`, configMap('huge', { a: 'x'.repeat(4 << 20) }));
      expect(answer.status()).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
      const large = await api().post(`${CORE}/configmaps`, configMap('large', { a: 'x'.repeat(1_100_000) }));
      expect(large.status()).toMatchObject({ code: 422, reason: 'Invalid' });
    });

    test('depth: 100,000 brackets do no harm', async () => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      for (const body of [
        deep,
        `{"kind":"ConfigMap","data":${deep}}`,
        `{"kind":"ConfigMap","metadata":{"name":"deep"},"x":${deep}}`,
      ]) {
        const answer = await api().post(`${CORE}/configmaps?fieldValidation=Strict`, body);
        expect(answer.status()).toMatchObject({ code: 400, reason: 'BadRequest' });
      }
      await made(api(), 'for-depth');
      for (const type of [MERGE, STRATEGIC, JSON_PATCH]) {
        const patch = type === JSON_PATCH ? `[{"op":"add","path":"/data","value":${deep}}]` : `{"data":${deep}}`;
        expect((await api().patch(`${CORE}/configmaps/for-depth`, type, patch)).code).toBe(400);
      }
      const yaml = await api().post(`${CORE}/configmaps`, deep, { 'content-type': 'application/yaml' });
      // More than is read of YAML, however deep it is.
      expect(yaml.status().code).toBe(413);
    });

    test('__proto__ is a key like any other, and no way in', async () => {
      const body =
        '{"metadata":{"name":"proto","labels":{"__proto__":"x"}},"data":{"__proto__":"x","constructor":"y"},"__proto__":{"data":{"z":"z"}}}';
      const refused = await api().post(`${CORE}/configmaps?fieldValidation=Strict`, body);
      expect(refused.status().message).toContain('unknown field "__proto__"');
      const answer = await api().post(
        `${CORE}/configmaps?fieldValidation=Ignore`,
        body.replace('"labels":{"__proto__":"x"}', '"labels":{}'),
      );
      expect(answer.code).toBe(201);
      expect(answer.text).toContain('"__proto__":"x"');
      for (const type of [MERGE, STRATEGIC]) {
        const patched = await api().patch(
          `${CORE}/configmaps/proto`,
          type,
          '{"__proto__":{"polluted":"yes"},"data":{"__proto__":"w"}}',
        );
        expect(patched.code).toBe(200);
        expect(patched.text).toContain('"__proto__":"w"');
        expect(patched.text).not.toContain('polluted');
      }
      const json = '[{"op":"add","path":"/__proto__/polluted","value":"yes"}]';
      expect((await api().patch(`${CORE}/configmaps/proto`, JSON_PATCH, json)).code).toBeGreaterThanOrEqual(400);
      expect((await made(api(), 'after-proto')).data).toEqual({ a: '1' });
    });
  });

  describe('unknown fields', () => {
    const body = { ...configMap('fields'), dat: {}, metadata: { name: 'fields', lables: {} } };

    test('Strict refuses, Warn warns, Ignore is silent; none stores them', async () => {
      const path = `${CORE}/configmaps?dryRun=All&fieldValidation=`;
      const strict = await api().post(`${path}Strict`, body);
      expect(strict.status()).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(strict.status().message).toMatch(/strict decoding error: .*unknown field "dat"/);
      expect(strict.status().message).toContain('unknown field "metadata.lables"');
      const warn = await api().post(`${path}Warn`, body);
      expect(warn.code).toBe(201);
      expect(warn.headers.warning).toContain('299 - "unknown field \\"dat\\""');
      const ignore = await api().post(`${path}Ignore`, body);
      expect(ignore.code).toBe(201);
      expect(ignore.headers.warning).toBeUndefined();
      expect(ignore.text).not.toMatch(/lables|"dat"/);
      expect((await api().post(`${path}Perhaps`, body)).status()).toMatchObject({ code: 422, reason: 'Invalid' });
    });

    test('a dry run of anything but All is refused', async () => {
      const answer = await api().post(`${CORE}/configmaps?dryRun=Some`, configMap('x'));
      expect(answer.status()).toMatchObject({ code: 422, reason: 'Invalid' });
    });
  });
}
