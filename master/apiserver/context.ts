import type { IncomingHttpHeaders } from 'node:http';
import type { Catalogue } from '../../api/meta/catalogue.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { AgentStreams } from '../agents/streams.ts';
import type { UsageReader } from '../agents/usage.ts';
import type { Auth } from '../auth/auth.ts';
import type { MasterContext } from '../context.ts';
import type { WriteContext } from '../objects/objects.ts';
import type { Webhooks } from '../objects/webhooks/webhooks.ts';
import type { ExplainPod } from '../scheduler/explanation.ts';
import type { Store } from '../store/store.ts';
import type { User } from '../user.ts';
import type { Answer } from './answer.ts';
import type { Audit } from './audit/audit.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { ResourceRequest } from './request.ts';
import type { Sight } from './store-sight.ts';
import type { UpgradeProtocol } from './streams/upgrade.ts';
import type { Turns } from './turns.ts';
import type { WatchChannels } from './watch-channel.ts';

/** What the handlers of requests stand on. */
export interface ApiContext extends MasterContext {
  /** What is served. */
  readonly catalogue: Catalogue;
  /** Who asks, and what they may do. */
  readonly auth: Auth;
  /** For what the cache cannot give: the newest revision, and lists as of an older one. */
  readonly store: Store;
  /** What open watches have in common. */
  readonly watches: WatchChannels;
  /** In which long work is done. */
  readonly turns: Turns;
  readonly streams: AgentStreams;
  /** Absent where no agents report to this process: then nothing is measured. */
  readonly usage?: UsageReader;
  /** Absent where no scheduler runs in this process. */
  readonly explainPod?: ExplainPod;
  /** Programs outside that are asked about writes. Default: none. */
  readonly webhooks?: Webhooks;
  /** Who did what. Default: nobody writes it down. */
  readonly audit?: Audit;
  /** Stowage's own version. */
  readonly version: string;
  /** Whether the store answers, and how old the cache is while it does not. */
  readonly sight: Sight;
  /** Aborts when the server stops: every watch ends then. */
  readonly stopping: AbortSignal;
}

/** One HTTP request, as the handlers see it. */
export interface ApiRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The protocol in which the client wants to go on with this connection. */
  readonly upgrade?: UpgradeProtocol;
  /** Where the connection comes from. */
  readonly remoteAddress?: string | undefined;
  /** Where what is found out about the request is written down. */
  readonly trail?: AuditTrail;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Ends the connection without more ado, for a client that does not read what it asked for. */
  cut(): void;
  /** Sentences for the client that do not make the request fail; sent as `Warning` headers. */
  readonly warnings: string[];
  /**
   * What the request holds of the server's room while it costs work. It is given back once the request is answered; a watch does so
   * itself as soon as all there was has been told.
   */
  readonly seat?: { leave(): void };
}

/** A request about objects of one kind, by a known user who is allowed to make it. */
export interface ResourceCall extends ApiRequest {
  readonly target: ResourceRequest;
  readonly resource: ResourceDefinition;
  readonly user: User;
}

export type ResourceHandler = (context: ApiContext, call: ResourceCall) => Promise<Answer>;

/** Who writes, for `Objects`. */
export const writerOf = ({ user, warnings, resource, trail }: ResourceCall, dryRun: boolean): WriteContext => ({
  user: user.name,
  requester: user,
  asked: resource,
  dryRun,
  ...(trail && { annotate: trail.annotate }),
  warn(sentence) {
    // A write that loses a race is decided again, and the same is found again.
    if (!warnings.includes(sentence)) warnings.push(sentence);
  },
});

/** The name in the path of a request for one object. */
export const nameIn = (call: ResourceCall): string => call.target.name ?? '';
