import type { Observation } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { Whereabouts } from './whereabouts.ts';

/** Owns where containers run. */
export class OneMachine implements Checker {
  private readonly whereabouts = new Whereabouts();
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  take(seen: Observation): void {
    const places = this.whereabouts.take(seen);
    if (!places || places.length < 2 || seen.type !== 'container' || !seen.running) return;
    this.report(
      seen.atMs,
      `pod ${seen.podUid} runs on ${places.map(({ machine }) => machine).join(' and on ')} (container ${seen.name})`,
    );
  }
}
