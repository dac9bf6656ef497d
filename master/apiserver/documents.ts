import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Catalogue } from '../../api/meta/catalogue.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { JSON_TYPE, type WholeAnswer } from './answer.ts';

/** A published document with the hash by which clients know whether they have it. */
export interface Document {
  readonly value: object;
  /** The value as it is sent, mostly JSON. */
  readonly body: string | Buffer;
  /** Upper-case hex, as in Kubernetes' `hash` links. */
  readonly hash: string;
}

/** What the server says about itself: made when first asked for, then kept until the catalogue changes. */
export class Documents {
  readonly serverVersion: string;
  readonly #catalogue: Catalogue;
  readonly #made = new Map<string, Document>();

  constructor(serverVersion: string, catalogue: Catalogue) {
    this.serverVersion = serverVersion;
    this.#catalogue = catalogue;
    catalogue.onChange(() => this.#made.clear());
  }

  get resources(): readonly ResourceDefinition[] {
    return this.#catalogue.resources;
  }

  /** The document under `name`, made by `make` the first time. Names must come from what exists, never from a client. */
  get(name: string, make: () => object): Document {
    const known = this.#made.get(name);
    if (known) return known;
    const value = make();
    return this.#keep(name, value, JSON.stringify(value));
  }

  /** As `get`, for a document that is not JSON. */
  getBytes(name: string, make: () => Buffer): Document {
    const known = this.#made.get(name);
    if (known) return known;
    const bytes = make();
    return this.#keep(name, bytes, bytes);
  }

  #keep(name: string, value: object, body: string | Buffer): Document {
    const made = { value, body, hash: createHash('sha256').update(body).digest('hex').toUpperCase() };
    this.#made.set(name, made);
    return made;
  }
}

/** The document, or 304 for a client that has it already. */
export function publish(document: Document, headers: IncomingHttpHeaders, contentType = JSON_TYPE): WholeAnswer {
  const etag = `"${document.hash}"`;
  const known = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  const fresh = known.includes(etag) || known.includes('*');
  const published = { etag, vary: 'Accept' };
  return fresh
    ? { type: 'whole', code: 304, contentType, body: '', headers: published }
    : { type: 'whole', code: 200, contentType, body: document.body, headers: published };
}
