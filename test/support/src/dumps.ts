/** Everything that is stored, in one piece, for a test to search for what must not be there. */
import { Redis } from 'ioredis';
import pg from 'pg';

/** Every value of every table of a database, bytes as they are. */
export async function dumpPostgres(url: string): Promise<Buffer> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const parts: Buffer[] = [];
    for (const { name } of tables) {
      const query = { text: `select * from ${name}`, rowMode: 'array' as const };
      const { rows } = await client.query<unknown[]>(query);
      parts.push(Buffer.from(`\n${name}\n`), ...rows.flat().map(bytesOf));
    }
    return Buffer.concat(parts);
  } finally {
    await client.end();
  }
}

/** Every key and value of a Redis, in Redis' own serialisation. */
export async function dumpRedis(url: string): Promise<Buffer> {
  const redis = new Redis(url);
  try {
    const parts: Buffer[] = [];
    for (const key of await redis.keys('*')) {
      parts.push(Buffer.from(`\n${key}\n`), (await redis.dumpBuffer(key)) ?? Buffer.alloc(0));
    }
    return Buffer.concat(parts);
  } finally {
    redis.disconnect();
  }
}

/** Forgets everything a Redis holds, as an operator's slip would. */
export async function flushRedis(url: string): Promise<void> {
  const redis = new Redis(url);
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}

/** Those of the texts that are found, as they are or in base64. */
export function findTexts(haystack: Buffer, texts: readonly string[]): string[] {
  return texts.filter((text) => formsOf(text).some((form) => haystack.includes(form)));
}

/** A text as it is, and its base64 at each of the three alignments, less the ends that vary. */
function formsOf(text: string): string[] {
  const shifted = [0, 1, 2].map((shift) => {
    const base64 = Buffer.from('\0'.repeat(shift) + text).toString('base64');
    return base64.slice(shift === 0 ? 0 : 4, -4);
  });
  return [text, ...shifted];
}

function bytesOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return Buffer.concat([value, Buffer.from('\n')]);
  return Buffer.from(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
}
