/** `LetterStore` in memory. */
import type {
  LetterClaim,
  LetterRef,
  LetterStore,
  NewLetter,
  StoredLetter,
  WaitingLetter,
} from '@perdure/ports';

interface Letter {
  readonly posted: NewLetter;
  claimedUntil: number;
  answer: Uint8Array | undefined;
}

/** Letters between the servers of one process. */
export class MemoryLetterStore implements LetterStore {
  readonly #letters = new Map<string, Letter>();

  async post(posted: NewLetter): Promise<void> {
    this.#letters.set(nameOf(posted), { posted, claimedUntil: 0, answer: posted.answer });
  }

  async waiting(now: number, limit: number): Promise<WaitingLetter[]> {
    return [...this.#letters.values()]
      .filter(({ posted, answer }) => !answer && posted.expiresAt > now)
      .sort((a, b) => a.posted.expiresAt - b.posted.expiresAt)
      .slice(0, limit)
      .map(({ posted: { namespaceId, shard, runId, letterId, taskQueue } }) => {
        return { namespaceId, shard, runId, letterId, taskQueue };
      });
  }

  async read(letter: LetterRef): Promise<StoredLetter | undefined> {
    const found = this.#letters.get(nameOf(letter));
    return found && { content: found.posted.content, answer: found.answer };
  }

  async claim(letter: LetterRef, now: number, until: number): Promise<LetterClaim> {
    const found = this.#letters.get(nameOf(letter));
    if (!found || found.answer) return 'gone';
    if (found.claimedUntil > now) return 'taken';
    found.claimedUntil = until;
    return 'ours';
  }

  async answer(letter: LetterRef, answer: Uint8Array): Promise<boolean> {
    const found = this.#letters.get(nameOf(letter));
    if (!found || found.answer) return false;
    found.answer = answer;
    return true;
  }

  async remove(letter: LetterRef): Promise<void> {
    this.#letters.delete(nameOf(letter));
  }

  async removeExpired(now: number): Promise<void> {
    for (const [name, { posted }] of this.#letters) {
      if (posted.expiresAt <= now) this.#letters.delete(name);
    }
  }
}

function nameOf({ namespaceId, runId, letterId }: LetterRef): string {
  return `${namespaceId}/${runId}/${letterId}`;
}
