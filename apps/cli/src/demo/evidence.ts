/** The last acts of the demo: the history as its owner reads it, and what the server holds of it. */
import type { Client, WorkflowHandle } from '@perdure/client';
import type { Order } from '@perdure/samples';
import { openHistory } from '../history/open-history.ts';
import { showBusinessView, showEvents } from '../history/views.ts';
import { bugMessage } from './activities.ts';
import { check, checkFooBarHistory } from './checks.ts';
import { hexDump, historySegment, searchEverywhere, withDatabase } from './database.ts';
import type { Report } from './report.ts';

/** A completed FooBar. */
export interface CompletedRun {
  readonly client: Client;
  readonly handle: WorkflowHandle;
  readonly order: Order;
  readonly result: string;
}

/** Id of the event that holds the input of `bar`. */
const barScheduledEventId = 11;

/** Prints the history twice, opened with the client's key. */
export async function showHistory(report: Report, run: CompletedRun): Promise<void> {
  const { client, handle } = run;
  const { events: stored } = await handle.fetchHistory();
  checkFooBarHistory(stored);
  const place = { namespace: client.namespace, workflowId: handle.workflowId };
  const events = await openHistory(await client.loadConverter(), place, stored);
  const opened = JSON.stringify(events);
  const kept = opened.includes(run.order.customer) && opened.includes(run.result);
  check(kept, "the client's key opens inputs and results", opened.length);

  report.section('The history, as the business sees it');
  report.block(showBusinessView(events));
  report.section(`The same history, all ${events.length} events`);
  report.block(showEvents(events));
  report.remark(
    'the failed and lost attempts of bar left no events: only its attempt number counts them',
  );
}

/** Shows the stored bytes, and searches the whole database for anything readable. */
export async function showDatabase(
  report: Report,
  run: CompletedRun,
  postgresUrl: string,
): Promise<void> {
  report.section("What the server's database holds for the same payloads");
  const { handle, order } = run;
  await withDatabase(postgresUrl, async (database) => {
    const { runId } = await handle.describe();
    const segment = await historySegment(database, runId, barScheduledEventId);
    check(segment !== undefined && segment.length > 0, 'the history is in the database', runId);
    report.remark(
      `perdure.history, the batch with event ${barScheduledEventId} (bar and its input):`,
    );
    report.block(hexDump(segment, 9));
    report.remark(
      'to be read in it: the name of the worker and the id of the key; no input, no result',
    );

    const known = await searchEverywhere(database, handle.workflowId);
    check(known.found > 0, 'the search finds what is not a payload: the workflow id', known);
    for (const secret of [order.customer, order.item, 'reserved for', bugMessage]) {
      const { tables, rows, found } = await searchEverywhere(database, secret);
      check(found === 0, `nothing in the database reads "${secret}"`, found);
      report.done(
        `"${secret}": not in any of ${rows} rows of ${tables} tables (as text, hex or base64)`,
      );
    }
    report.remark(
      `the same search finds "${handle.workflowId}", which is no payload, ${known.found} times`,
    );
  });
}
