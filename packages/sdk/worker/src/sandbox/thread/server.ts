/**
 * The workflow thread's side: carries out what main asks for in the sandbox that it holds. Between
 * messages the thread sleeps on the channel's futex, not in its event loop; it goes through the loop
 * only where Node must tell whether a promise's rejection was handled.
 */
import { createVmSandbox, type VmSandbox, type VmSandboxRun } from '../vm.ts';
import { Endpoint, following } from './channel.ts';
import { activationOf } from './compact.ts';
import type { Answer, Answers, Given, Refused, Request, ThreadData } from './messages.ts';
import { packResult } from './pack-result.ts';

/** Serves main for as long as the thread lives. */
export async function serveMain({ channel, busyWith }: ThreadData): Promise<never> {
  const endpoint = new Endpoint(channel);
  const host = new RunHost();
  let number = 0;
  for (;;) {
    const requests = nextRequests(endpoint);
    const started = performance.now();
    const list: Answer[] = [];
    for (const request of requests) {
      // Main counts along.
      number = following(number);
      Atomics.store(busyWith, 0, number);
      const answer = host.answer(request);
      list.push(answer instanceof Promise ? await answer : answer);
    }
    Atomics.store(busyWith, 0, 0);
    const answers: Answers = { list, tookMs: performance.now() - started };
    endpoint.send(answers, true);
  }
}

function nextRequests(endpoint: Endpoint): readonly Request[] {
  for (;;) {
    const requests = endpoint.receive() as readonly Request[] | undefined;
    if (requests) return requests;
    endpoint.wait();
  }
}

class RunHost {
  #sandbox: VmSandbox | undefined;
  readonly #runs = new Map<number, VmSandboxRun>();

  /** A promise only where an activation's result is one. Never throws. */
  answer(request: Request): Answer | Promise<Answer> {
    try {
      const value = this.#carryOut(request);
      return value instanceof Promise ? value.catch(refused) : value;
    } catch (error) {
      return refused(error);
    }
  }

  #carryOut(request: Request): Given | Promise<Given> {
    if (!('kind' in request)) {
      const run = this.#run(request[0]);
      const result = run.activate(activationOf(run.runId, request[1]));
      return result instanceof Promise ? result.then(packResult) : packResult(result);
    }
    switch (request.kind) {
      case 'load':
        this.#sandbox = createVmSandbox(request.runtime, request.bundle, request.settings);
        return this.#sandbox.workflowTypes;
      case 'createRun': {
        const { run, runId, options } = request;
        this.#runs.set(run, this.#loaded().createRun(runId, options));
        return undefined;
      }
      case 'pendingStacks':
        return this.#run(request.run).pendingStacks();
      case 'dispose':
        this.#run(request.run).dispose();
        this.#runs.delete(request.run);
        return undefined;
    }
  }

  #loaded(): VmSandbox {
    if (this.#sandbox) return this.#sandbox;
    throw new Error('the workflow bundle could not be loaded');
  }

  #run(run: number): VmSandboxRun {
    const found = this.#runs.get(run);
    if (found) return found;
    throw new Error(`run ${run} is not in this thread`);
  }
}

function refused(error: unknown): Refused {
  if (!(error instanceof Error)) return { error: String(error) };
  return { error: error.message, stack: error.stack };
}
