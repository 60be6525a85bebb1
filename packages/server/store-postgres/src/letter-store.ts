/** `LetterStore` on Postgres: an unlogged table, so that a letter costs no flush. */
import type {
  LetterClaim,
  LetterRef,
  LetterStore,
  NewLetter,
  StoredLetter,
  WaitingLetter,
} from '@perdure/ports';
import { type RolePool, type Row, type Statement, scopeOf } from './connections.ts';
import { fromStored, toStored } from './stored-text.ts';

const byName = 'namespace_id = $1 and run_id = $2 and shard = $3 and letter_id = $4';

const post = {
  name: 'post_letter',
  text: `insert into perdure.letters (namespace_id, run_id, shard, letter_id, task_queue, expires_at,
      claimed_until, answered, content, answer)
    values ($1, $2, $3, $4, $5, $6, 0, $8::bytea is not null, $7::bytea, $8::bytea)
    on conflict (namespace_id, run_id, shard, letter_id) do update
      set task_queue = excluded.task_queue, expires_at = excluded.expires_at, claimed_until = 0,
        answered = excluded.answered, content = excluded.content, answer = excluded.answer`,
};

const waiting = {
  name: 'waiting_letters',
  text: `select namespace_id, shard, run_id, letter_id, task_queue from perdure.letters
    where expires_at > $1 and not answered order by expires_at limit $2`,
};

const read = {
  name: 'read_letter',
  text: `select encode(content, 'base64'), encode(answer, 'base64') from perdure.letters
    where ${byName}`,
};

const claim = {
  name: 'claim_letter',
  text: `update perdure.letters set claimed_until = $6
    where ${byName} and not answered and claimed_until <= $5 returning true`,
};

// A statement of its own: in one with the claim it would not see whom the claim has waited for.
const open = {
  name: 'open_letter',
  text: `select true from perdure.letters where ${byName} and not answered`,
};

const answer = {
  name: 'answer_letter',
  text: `update perdure.letters set answered = true, answer = $5::bytea
    where ${byName} and not answered returning true`,
};

const remove = {
  name: 'remove_letter',
  text: `delete from perdure.letters where ${byName}`,
};

const removeExpired = {
  name: 'remove_expired_letters',
  text: `delete from perdure.letters where expires_at <= $1`,
};

/** Letters between the servers of one database. */
export class PostgresLetterStore implements LetterStore {
  readonly #pool: RolePool;
  readonly #pumps: RolePool;

  /** @param pumps connections that see the letters of every tenant, and not what they say */
  constructor(pool: RolePool, pumps: RolePool) {
    this.#pool = pool;
    this.#pumps = pumps;
  }

  async post(letter: NewLetter): Promise<void> {
    const { taskQueue, expiresAt, content, answer: told } = letter;
    const values = [toStored(taskQueue), expiresAt, bytesOf(content), told ? bytesOf(told) : null];
    await this.#run(post, letter, ...values);
  }

  async waiting(now: number, limit: number): Promise<WaitingLetter[]> {
    const rows = await this.#pumps.run(waiting, [now, limit]);
    return (rows as [number, number, string, string, string][]).map(
      ([namespaceId, shard, runId, letterId, taskQueue]) => ({
        namespaceId,
        shard,
        runId,
        letterId: fromStored(letterId),
        taskQueue: fromStored(taskQueue),
      }),
    );
  }

  async read(letter: LetterRef): Promise<StoredLetter | undefined> {
    const [row] = await this.#run(read, letter);
    if (!row) return undefined;
    const [content, told] = row as [string, string | null];
    const answered = told === null ? undefined : Buffer.from(told, 'base64');
    return { content: Buffer.from(content, 'base64'), answer: answered };
  }

  async claim(letter: LetterRef, now: number, until: number): Promise<LetterClaim> {
    const claimed = await this.#run(claim, letter, now, until);
    if (claimed.length > 0) return 'ours';
    const waits = await this.#run(open, letter);
    return waits.length > 0 ? 'taken' : 'gone';
  }

  async answer(letter: LetterRef, told: Uint8Array): Promise<boolean> {
    const rows = await this.#run(answer, letter, bytesOf(told));
    return rows.length > 0;
  }

  async remove(letter: LetterRef): Promise<void> {
    await this.#run(remove, letter);
  }

  async removeExpired(now: number): Promise<void> {
    await this.#pumps.run(removeExpired, [now]);
  }

  #run(statement: Statement, letter: LetterRef, ...more: unknown[]): Promise<Row[]> {
    const { namespaceId, runId, shard, letterId } = letter;
    const values = [namespaceId, runId, shard, toStored(letterId), ...more];
    return this.#pool.run(statement, values, scopeOf([namespaceId]));
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
