import { request } from 'node:https';
import type { CustomResourceDefinition } from '../../api/apiextensions/definition-schema.ts';
import type { Converter } from '../../api/apiextensions/resource.ts';
import { type ApiError, internalError } from '../../api/meta/errors.ts';
import { isJsonObject } from '../../api/meta/json.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import type { Rng } from '../../platform/rng.ts';

/** Converts custom resources by webhook (Kubernetes docs, "Webhook conversion": ConversionReview of apiextensions.k8s.io/v1). */

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** Objects in one request. */
const BATCH = 500;

/** A webhook is reached by URL; services have no addresses that the master could reach. */
export function webhookConverter(definition: CustomResourceDefinition, rng: Rng): Converter {
  const { clientConfig, conversionReviewVersions = [] } = definition.spec?.conversion?.webhook ?? {};
  const what = `${definition.spec?.group}, Kind=${definition.spec?.names.kind}`;
  const version = conversionReviewVersions.find((each) => each === 'v1' || each === 'v1beta1') ?? 'v1';
  const fail = (why: string, cause?: unknown): ApiError =>
    internalError(`conversion webhook for ${what} failed: ${why}`, cause);
  return async (objects, apiVersion) => {
    const { url, caBundle } = clientConfig ?? {};
    if (!url) throw fail('this cell reaches webhooks by spec.conversion.webhook.clientConfig.url only, not by service');
    const converted: ApiObject[] = [];
    for (let at = 0; at < objects.length; at += BATCH) {
      const batch = objects.slice(at, at + BATCH);
      const uid = rng.uuid();
      const review = {
        apiVersion: `apiextensions.k8s.io/${version}`,
        kind: 'ConversionReview',
        request: { uid, desiredAPIVersion: apiVersion, objects: batch },
      };
      let answer: unknown;
      try {
        answer = JSON.parse(await post(url, caBundle, JSON.stringify(review)));
      } catch (error) {
        throw fail(error instanceof Error ? error.message : String(error), error);
      }
      const fault = faultOf(answer, uid, batch, apiVersion);
      if (fault) throw fail(fault);
      converted.push(...(answer as Review).response.convertedObjects.map((object, i) => settled(object, batch[i]!)));
    }
    return converted;
  };
}

interface Review {
  response: { uid: string; result: { status?: string; message?: string }; convertedObjects: ApiObject[] };
}

/** Why an answer is of no use; undefined where it is. */
function faultOf(answer: unknown, uid: string, asked: readonly ApiObject[], apiVersion: string): string | undefined {
  const response = isJsonObject(answer) ? answer.response : undefined;
  if (!isJsonObject(response)) return 'the answer holds no response';
  if (response.uid !== uid) return `the response is for request "${String(response.uid)}", not for "${uid}"`;
  const result = isJsonObject(response.result) ? response.result : {};
  if (result.status !== 'Success') return String(result.message ?? 'it gave no reason');
  const objects = response.convertedObjects;
  if (!Array.isArray(objects) || objects.length !== asked.length)
    return `the response holds ${Array.isArray(objects) ? objects.length : 'no'} objects, ${asked.length} were asked for`;
  for (const [index, object] of objects.entries()) {
    if (!isJsonObject(object) || !isJsonObject(object.metadata)) return `object ${index} has no metadata`;
    if (object.apiVersion !== apiVersion)
      return `object ${index} is of ${String(object.apiVersion)}, not of ${apiVersion}`;
    const before = asked[index]!;
    if (object.kind !== before.kind) return `object ${index} is a ${String(object.kind)}, not a ${before.kind}`;
    const { name, namespace, uid: identity } = metaOf(object as ApiObject);
    const kept = metaOf(before);
    if (name !== kept.name || namespace !== kept.namespace || identity !== kept.uid)
      return `object ${index} came back with another name, namespace or uid`;
  }
  return undefined;
}

/** Of the metadata a webhook may change labels and annotations only. */
function settled(object: ApiObject, before: ApiObject): ApiObject {
  const { labels, annotations } = metaOf(object);
  return { ...object, metadata: { ...metaOf(before), labels, annotations } };
}

function post(url: string, caBundle: string | undefined, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method: 'POST',
        timeout: TIMEOUT_MS,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        ...(caBundle && { ca: Buffer.from(caBundle, 'base64') }),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) call.destroy(new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`));
          chunks.push(chunk);
        });
        answer.on('end', () =>
          answer.statusCode === 200
            ? resolve(Buffer.concat(chunks).toString('utf8'))
            : reject(new Error(`the webhook answered ${answer.statusCode}`)),
        );
        answer.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
