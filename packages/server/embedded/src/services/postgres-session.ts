/**
 * The few words we have with a Postgres before handing it out.
 */
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';

/** A Postgres on loopback that was found running and takes longer is frozen. */
const answerWithinMs = 2_000;
/** One that has just started is given time: on a machine at its limit seconds go by. */
const firstAnswerWithinMs = 30_000;

const othersSessions =
  "pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";

async function withSession<T>(
  url: string,
  withinMs: number,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: withinMs,
    query_timeout: withinMs,
  });
  // A server that goes away under us fails the query; the event alone would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Throws unless the server, just started, takes our password and answers a query. */
export async function checkAnswers(url: string): Promise<void> {
  await withSession(url, firstAnswerWithinMs, (client) => client.query('select 1'));
}

/**
 * Ends every other session and waits until they are gone: nothing that a dead owner had begun
 * commits after this. Throws when the server does not answer or a session does not end.
 */
export async function dismissSessions(url: string): Promise<void> {
  await withSession(url, answerWithinMs, async (client) => {
    await client.query(`select pg_terminate_backend(pid) from ${othersSessions}`);
    const deadline = performance.now() + answerWithinMs;
    for (;;) {
      const { rowCount } = await client.query(`select 1 from ${othersSessions}`);
      if (rowCount === 0) return;
      if (performance.now() > deadline) throw new Error(`${rowCount} sessions did not end`);
      await sleep(10);
    }
  });
}
