/** What the server's database holds: looked at from outside, table by table. */
import pg from 'pg';

/** How often a text was found, and where was looked. */
export interface Search {
  readonly tables: number;
  readonly rows: number;
  readonly found: number;
}

/** A table, quoted for SQL. */
type TableName = string;

/** Runs `use` on a connection of its own. */
export async function withDatabase<T>(
  url: string,
  use: (database: pg.Client) => Promise<T>,
): Promise<T> {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  try {
    return await use(database);
  } finally {
    await database.end();
  }
}

/**
 * Searches every row of every table for a text: as it is, in base64, and as bytes (a row as text
 * shows bytes as hexadecimal digits).
 */
export async function searchEverywhere(database: pg.Client, text: string): Promise<Search> {
  const bytes = Buffer.from(text, 'utf8');
  // Base64 of the middle of a longer text depends on where it begins: three ways.
  const inBase64 = [0, 1, 2].map((at) =>
    Buffer.from(text.slice(at)).toString('base64').slice(2, -4),
  );
  const forms = [text, bytes.toString('hex'), ...inBase64].map((form) => form.toLowerCase());
  let rows = 0;
  let found = 0;
  const tables = await allTables(database);
  for (const table of tables) {
    const result = await database.query<{ row: string }>(`select t::text as row from ${table} t`);
    rows += result.rows.length;
    const hits = result.rows.filter(({ row }) => {
      const lower = row.toLowerCase();
      return forms.some((form) => lower.includes(form));
    });
    found += hits.length;
  }
  return { tables: tables.length, rows, found };
}

async function allTables(database: pg.Client): Promise<TableName[]> {
  const { rows } = await database.query<{ name: TableName }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** The stored batch of events that begins with an event, as bytes. */
export async function historySegment(
  database: pg.Client,
  runId: string,
  firstEventId: number,
): Promise<Buffer | undefined> {
  const { rows } = await database.query<{ segment: Buffer }>(
    'select segment from perdure.history where run_id = $1 and first_event_id <= $2 ' +
      'order by first_event_id desc limit 1',
    [runId, firstEventId],
  );
  return rows[0]?.segment;
}

/** Bytes as offsets, hexadecimal digits and characters, like `hexdump -C`. */
export function hexDump(bytes: Uint8Array, maxLines: number): string {
  const width = 24;
  const lines = [];
  for (let at = 0; at < bytes.length && lines.length < maxLines; at += width) {
    const part = [...bytes.subarray(at, at + width)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·'));
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(width * 3)} ${text.join('')}`);
  }
  const left = bytes.length - maxLines * width;
  return left > 0 ? `${lines.join('\n')}\n… and ${left} bytes more` : lines.join('\n');
}
