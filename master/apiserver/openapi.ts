import type { IncomingHttpHeaders } from 'node:http';
import { noSuchPath, notAcceptable } from '../../api/meta/errors.ts';
import { openApiV2 } from '../../api/meta/openapi/v2.ts';
import { openApiV3, openApiV3Index } from '../../api/meta/openapi/v3.ts';
import { type Answer, JSON_TYPE, type WholeAnswer } from './answer.ts';
import { type Documents, publish } from './documents.ts';
import { accepts } from './negotiation.ts';
import type { RequestInfo } from './request.ts';

type OpenApiRequest = Extract<RequestInfo, { type: 'openapi' }>;
type Index = ReturnType<typeof openApiV3Index>;

const YEAR_SECONDS = 31_536_000;

/** The OpenAPI documents (Kubernetes docs, "The Kubernetes API", OpenAPI v2 and v3). JSON only. */
export function openApi(
  documents: Documents,
  info: OpenApiRequest,
  request: { readonly headers: IncomingHttpHeaders; readonly query: URLSearchParams },
): Answer {
  const { headers, query } = request;
  const { resources, serverVersion } = documents;
  if (!accepts(headers.accept, JSON_TYPE)) throw notAcceptable([JSON_TYPE]);
  if (info.version === 'v2') {
    return publish(
      documents.get('openapi/v2', () => openApiV2(resources, serverVersion)),
      headers,
    );
  }
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
