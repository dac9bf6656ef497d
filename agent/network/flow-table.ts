import type { Logger } from '../../platform/log.ts';
import { runIfAny } from './program.ts';

/**
 * The kernel's memory of flows (conntrack(8)). A client that goes on sending from one port, as name servers' clients do, would be sent to
 * an endpoint that is gone for as long as it does. Owns: whether people were told that the program is missing.
 */
export class FlowTable {
  readonly #log: Logger;
  #isMissing = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** UDP endpoints: `10.128.0.2:53`. Never rejects: without it, flows are forgotten when they run out. */
  async forget(ends: readonly string[]): Promise<void> {
    for (const end of ends) {
      if (this.#isMissing) return;
      const [address = '', port = ''] = end.split(':');
      // It fails where there is no such flow.
      const flows = ['-D', '-p', 'udp', '--dst-nat', address, '--reply-port-src', port];
      await runIfAny('conntrack', flows).catch((err: Error) => {
        this.#isMissing = true;
        this.#log.warn({ err }, 'clients of UDP services may go on sending to endpoints that are gone, for minutes');
      });
    }
  }
}
