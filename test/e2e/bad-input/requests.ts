import type { Status } from '../../../api/meta/errors.ts';
import type { RawApi } from '../../raw-api.ts';

/** What the requests of all these tests are made of. */
export const CORE = '/api/v1/namespaces/default';
export const APPS = '/apis/apps/v1/namespaces/default';
export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';

export const CONTAINER = { name: 'main', image: 'some/image:1' };

export const configMap = (name: string, data: object = { a: '1' }) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

export const pod = (spec: object, metadata: object = { name: 'bad' }) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec,
});

export interface Stored {
  metadata: { uid: string; resourceVersion: string; labels?: Record<string, string> };
  data?: Record<string, string>;
}

/** The fields a failure names, sorted. */
export const fieldsOf = (status: Status) => (status.details?.causes ?? []).map(({ field }) => field).sort();

/** A ConfigMap that the server took without complaint. */
export async function made(api: RawApi, name: string): Promise<Stored> {
  const answer = await api.post(`${CORE}/configmaps`, configMap(name));
  if (answer.code !== 201) throw new Error(`the ConfigMap ${name} was refused: ${answer.text}`);
  return answer.json();
}
