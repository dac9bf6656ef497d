import type { Clock, Timer } from '../platform/clock.ts';
import type { PodRef } from '../proto/messages.ts';
import { EventBook, type KeptEvent } from './event-book.ts';
import type { DesiredPod } from './plan/state.ts';
import type { EventStep } from './plan/steps.ts';
import { type Pod, type PodStatus, podKey } from './pod-types.ts';
import type { Session } from './transport.ts';

/** How long reports gather before they are sent together. A pod changes several times within this while it starts. */
const GATHER_MS = 10;

/**
 * What the agent has to tell its master. Owns what is not sent yet: of each pod only the latest status, so that its size is
 * bounded by the pods of the node.
 */
export class Reports {
  private readonly clock: Clock;
  private readonly refOf: (pod: Pod) => PodRef | undefined;
  private session: Session | undefined;
  private readonly statuses = new Map<string, { ref: PodRef; status: PodStatus }>();
  private readonly gone = new Map<string, PodRef>();
  private readonly events = new EventBook();
  private timer: Timer | undefined;

  /** `refOf`: as whom the master knows a pod; of what it does not know it is told nothing. */
  constructor(clock: Clock, refOf: (pod: Pod) => PodRef | undefined = podKey) {
    this.clock = clock;
    this.refOf = refOf;
  }

  /** Sends to this session from now on; undefined: keep what comes until there is one. */
  use(session: Session | undefined): void {
    this.session = session;
    if (session) this.flushSoon();
  }

  status({ pod }: DesiredPod, status: PodStatus): void {
    const ref = this.refOf(pod);
    if (!ref) return;
    this.statuses.set(ref.uid, { ref, status });
    this.flushSoon();
  }

  podGone({ pod }: DesiredPod): void {
    const ref = this.refOf(pod);
    if (!ref) return;
    this.gone.set(ref.uid, ref);
    this.flushSoon();
  }

  event({ pod }: DesiredPod, event: Omit<EventStep, 'type'>): void {
    const ref = this.refOf(pod);
    if (ref) this.keep(ref, event);
  }

  /** About the node itself. */
  nodeEvent(event: Omit<EventStep, 'type' | 'container'>): void {
    this.keep(null, { ...event, container: '' });
  }

  private keep(ref: PodRef | null, event: Omit<EventStep, 'type'>): void {
    this.events.note(ref, event, this.clock.now());
    this.flushSoon();
  }

  /** Not kept while the master is away: it asks again when it is back. */
  volumeErased(name: string): void {
    this.session?.send({ message: 'erased', erased: { names: [name] } });
  }

  private flushSoon(): void {
    this.timer ??= this.clock.setTimer(GATHER_MS, () => {
      this.timer = undefined;
      this.flush();
    });
  }

  /** Statuses before goodbyes, so that a pod's last state is known before it goes. */
  private flush(): void {
    const { session } = this;
    if (!session) return;
    const reports = [...this.statuses.values()].map(({ ref, status }) => ({
      ...ref,
      statusJson: JSON.stringify(status),
    }));
    const pods = [...this.gone.values()];
    if (reports.length > 0 && !session.send({ message: 'pods', pods: { reports } })) return;
    this.statuses.clear();
    const tell = ({ ref: pod, event, ...when }: KeptEvent) => {
      const { eventType: type, reason, message, container } = event;
      return session.send({ message: 'event', event: { pod, type, reason, message, container, ...when } });
    };
    if (!this.events.tell(tell)) return;
    if (pods.length > 0 && !session.send({ message: 'gone', gone: { pods } })) return;
    this.gone.clear();
  }

  stop(): void {
    this.timer?.cancel();
    this.flush();
    this.session = undefined;
  }
}
