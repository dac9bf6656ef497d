import type { IncomingHttpHeaders } from 'node:http';
import { noSuchPath, notAcceptable } from '../../api/meta/errors.ts';
import type { JsonObject } from '../../api/meta/json.ts';
import { openApiV2 } from '../../api/meta/openapi/v2.ts';
import { openApiV2Protobuf } from '../../api/meta/openapi/v2-protobuf.ts';
import { openApiV3, openApiV3Index } from '../../api/meta/openapi/v3.ts';
import { type Answer, JSON_TYPE, type WholeAnswer } from './answer.ts';
import { type Documents, publish } from './documents.ts';
import { accepts, parseAccept } from './negotiation.ts';
import type { RequestInfo } from './request.ts';

type OpenApiRequest = Extract<RequestInfo, { type: 'openapi' }>;
type Index = ReturnType<typeof openApiV3Index>;

const YEAR_SECONDS = 31_536_000;

/** What kubectl asks for, and what is answered: the name without its `@`, which no media type may hold. */
const ASKED_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** The OpenAPI documents (Kubernetes docs, "The Kubernetes API", OpenAPI v2 and v3). JSON, and v2 as protobuf too. */
export function openApi(
  documents: Documents,
  info: OpenApiRequest,
  request: { readonly headers: IncomingHttpHeaders; readonly query: URLSearchParams },
): Answer {
  const { headers, query } = request;
  const { resources, serverVersion } = documents;
  const v2 = () => documents.get('openapi/v2', () => openApiV2(resources, serverVersion));
  if (info.version === 'v2' && wantsProtobuf(headers.accept)) {
    const document = documents.getBytes('openapi/v2.pb', () => openApiV2Protobuf(v2().value as JsonObject));
    return publish(document, headers, PROTOBUF);
  }
  if (!accepts(headers.accept, JSON_TYPE)) throw notAcceptable([JSON_TYPE]);
  if (info.version === 'v2') return publish(v2(), headers);
  const index = documents.get('openapi/v3', () => openApiV3Index(resources));
  if (info.path === undefined) return publish(index, headers);
  const link = linkTo(index.value as Index, info.path);
  const hash = query.get('hash');
  // A link with a hash never changes its meaning: it is kept for ever, or leads to its successor.
  if (hash !== null && !link.endsWith(`?hash=${hash}`)) return redirect(link);
  const answer = publish(
    documents.get(`openapi/v3/${info.path}`, () => documentAt(documents, info.path)),
    headers,
  );
  return hash === null ? answer : immutable(answer);
}

/** True for a client that names the protobuf form before any form that JSON would do for. */
function wantsProtobuf(accept: string | undefined): boolean {
  const first = parseAccept(accept).find(({ type }) => [ASKED_PROTOBUF, PROTOBUF, JSON_TYPE, '*/*'].includes(type));
  return first?.type === ASKED_PROTOBUF || first?.type === PROTOBUF;
}

/** Where the index says the document of a path (`apis/apps/v1`) is. Throws 404 where it lists none. */
function linkTo({ paths }: Index, path: string): string {
  const link = Object.hasOwn(paths, path) ? paths[path]?.serverRelativeURL : undefined;
  if (!link) throw noSuchPath();
  return link;
}

/** `path` stands in the index: `api/VERSION` or `apis/GROUP/VERSION`. */
function documentAt({ resources }: Documents, path = ''): object {
  const [root, ...rest] = path.split('/');
  const [group, version] = root === 'api' ? ['', rest[0]] : rest;
  return openApiV3(resources, group ?? '', version ?? '') ?? {};
}

function immutable(answer: WholeAnswer): Answer {
  return { ...answer, headers: { ...answer.headers, 'cache-control': `public, immutable, max-age=${YEAR_SECONDS}` } };
}

const redirect = (location: string): Answer => ({
  type: 'whole',
  code: 301,
  contentType: JSON_TYPE,
  body: '',
  headers: { location },
});
