import type { Clock } from '../../../platform/clock.ts';
import type { Service } from '../../../platform/lifecycle.ts';
import type { Logger } from '../../../platform/log.ts';
import { Counter, type Registry } from '../../../platform/metrics.ts';
import { readGiven } from '../../../platform/misconfigured.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { ApiRequest } from '../context.ts';
import { LogFile } from './log-file.ts';
import { type AUDIT_LEVELS, type AuditPolicy, DEFAULT_POLICY } from './policy.ts';
import { readAuditPolicy } from './policy-file.ts';
import { AuditTrail } from './trail.ts';

/** What whoever starts a master says of the audit log. */
export interface AuditSettings {
  readonly file: string;
  /** A file with a policy in Kubernetes' form. Default: metadata of every request. */
  readonly policyFile?: string;
  /** Megabytes. Default 100. */
  readonly maxSizeMb?: number;
  /** Default 10. */
  readonly maxBackups?: number;
}

export interface AuditOptions extends AuditSettings {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly metrics: Registry;
}

const DEFAULT_MAX_SIZE_MB = 100;
const DEFAULT_MAX_BACKUPS = 10;
const BYTES_PER_MB = 1024 * 1024;

/** The log of who did what through the API (Kubernetes docs, "Auditing"). Owns: its file. */
export class Audit implements Service {
  readonly #options: AuditOptions;
  readonly #file: LogFile;
  readonly #events: Counter<'level'>;
  #policy: AuditPolicy = DEFAULT_POLICY;

  constructor(options: AuditOptions) {
    const { file, maxSizeMb = DEFAULT_MAX_SIZE_MB, maxBackups = DEFAULT_MAX_BACKUPS, clock, log, metrics } = options;
    this.#options = options;
    const registers = [metrics];
    this.#events = new Counter({
      name: 'apiserver_audit_event_total',
      help: 'Lines of the audit log.',
      labelNames: ['level'],
      registers,
    });
    const dropped = new Counter({
      name: 'apiserver_audit_error_total',
      help: 'Lines of the audit log that were dropped.',
      labelNames: ['plugin'],
      registers,
    });
    const maxSizeBytes = maxSizeMb * BYTES_PER_MB;
    const onDropped = (count: number) => dropped.inc({ plugin: 'log' }, count);
    this.#file = new LogFile({ file, maxSizeBytes, maxBackups, clock, log, onDropped });
  }

  /** Rejects with a sentence about the file that cannot be used. */
  async start(): Promise<void> {
    const { policyFile } = this.#options;
    if (policyFile) this.#policy = readAuditPolicy((await readGiven(policyFile, 'audit policy')).text, policyFile);
    await this.#file.open();
  }

  stop(): Promise<void> {
    return this.#file.close();
  }

  /** A request has come in. */
  begin(request: ApiRequest): AuditTrail {
    const { clock, rng } = this.#options;
    return new AuditTrail({
      request,
      policy: this.#policy,
      clock,
      id: rng.uuid(),
      write: (event) => this.#write(event),
    });
  }

  #write(event: { readonly level: (typeof AUDIT_LEVELS)[number] }): void {
    this.#events.inc({ level: event.level });
    this.#file.write(JSON.stringify(event));
  }
}
