/**
 * Which run's code rejected a promise that nobody handled.
 *
 * Node asks `process.domain` at the moment of such a rejection, and at the end of the event-loop turn
 * hands those still unhandled to the domain it was told. While a run is active, this module answers
 * with a domain of that run: so an activation knows at once whether it must wait for that verdict
 * (it hardly ever must), and a workflow's rejection never reaches the process's own handlers.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The part of a domain that Node uses here. */
interface RejectionDomain {
  emit(event: 'error', reason: unknown): boolean;
}

let active: RejectionWatch | undefined;
let outsideDomain = (process as { domain?: unknown }).domain;

Object.defineProperty(process, 'domain', {
  configurable: true,
  enumerable: true,
  get: () => (active ? active.domainOfRejection() : outsideDomain),
  set(domain: unknown) {
    outsideDomain = domain;
  },
});

/** Watches one activation. */
export class RejectionWatch {
  private suspected = false;
  private readonly reasons: unknown[] = [];
  private readonly domain: RejectionDomain = {
    emit: (_event, reason) => {
      this.reasons.push(reason);
      return true;
    },
  };

  /** Runs the activation's code; watches may not nest. */
  during(work: () => void): void {
    const previous = active;
    // oxlint-disable-next-line typescript/no-this-alias -- the pointer is the point
    active = this;
    try {
      work();
    } finally {
      active = previous;
    }
  }

  /** Whether a promise was rejected before anybody handled it; somebody may have since. */
  get mayHaveUnhandled(): boolean {
    return this.suspected;
  }

  /** Resolves, one turn of the event loop later, with the reasons of what stayed unhandled. */
  async unhandled(): Promise<readonly unknown[]> {
    await nextTurn();
    return this.reasons;
  }

  /** Called by Node, through `process.domain`, when a promise is rejected without a handler. */
  domainOfRejection(): RejectionDomain {
    this.suspected = true;
    return this.domain;
  }
}
