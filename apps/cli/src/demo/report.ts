/**
 * What the demo shows while it runs: numbered sections, a tick for each thing done, and a sign of
 * life while it waits. On a terminal the sign of life moves; elsewhere it is one line.
 */
import { stripVTControlCharacters } from 'node:util';
import { type Paint, paintFor } from '../terminal/style.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 80;
const clearLine = '\r\u001b[2K';

export class Report {
  readonly paint: Paint;
  readonly #out: NodeJS.WriteStream;
  readonly #moves: boolean;
  #sections = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.paint = paintFor(out);
    this.#moves = out.isTTY && process.env['TERM'] !== 'dumb';
  }

  /** Begins the next part of the story. */
  section(title: string): void {
    this.#sections += 1;
    this.line(`\n${this.paint(['bold', 'cyan'], `${this.#sections}. ${title}`)}`);
  }

  line(text = ''): void {
    this.#out.write(`${text}\n`);
  }

  /** Text of several lines, set apart. */
  block(text: string): void {
    this.line(text.replaceAll(/^(?=.)/gm, '     '));
  }

  done(text: string): void {
    this.line(`   ${this.paint('green', '✓')} ${text}`);
  }

  killed(text: string): void {
    this.line(`   ${this.paint(['bold', 'red'], '✗')} ${this.paint('red', text)}`);
  }

  /** A remark on what has just been seen. */
  remark(text: string): void {
    this.line(`     ${this.paint('dim', text)}`);
  }

  /** Shows that it waits while `work` goes on, then ticks what `done` says of it. */
  async wait<T>(doing: string, work: Promise<T>, done: (result: T) => string): Promise<T> {
    const since = performance.now();
    const stop = this.#signOfLife(() => doing, since);
    const result = await work.finally(stop);
    const took = this.paint('dim', `(${((performance.now() - since) / 1000).toFixed(1)} s)`);
    this.done(`${done(result)} ${took}`);
    return result;
  }

  /** Shows a line that changes while `work` goes on; off a terminal, each new `settled` text once. */
  async watch<T>(line: () => { live: string; settled: string }, work: Promise<T>): Promise<T> {
    if (this.#moves) return work.finally(this.#signOfLife(() => line().live, undefined));
    let shown = '';
    const timer = setInterval(() => {
      const { settled } = line();
      if (settled !== shown) this.line(`     ${settled}`);
      shown = settled;
    }, frameMs);
    return work.finally(() => clearInterval(timer));
  }

  #signOfLife(text: () => string, since: number | undefined): () => void {
    if (!this.#moves) {
      if (since !== undefined) this.line(`     ${text()} …`);
      return () => {};
    }
    let frame = 0;
    const timer = setInterval(() => {
      const spinner = this.paint('cyan', frames[frame++ % frames.length] ?? '');
      const seconds =
        since === undefined ? '' : ` ${((performance.now() - since) / 1000).toFixed(0)} s`;
      this.#out.write(
        `${clearLine}   ${this.#fit(`${spinner} ${text()}${this.paint('dim', seconds)}`)}`,
      );
    }, frameMs);
    return () => {
      clearInterval(timer);
      this.#out.write(clearLine);
    };
  }

  /** On one line of the terminal, since only one can be cleared; colours go when it is cut. */
  #fit(text: string): string {
    const columns = this.#out.columns - 4;
    const plain = stripVTControlCharacters(text);
    return plain.length <= columns ? text : `${plain.slice(0, columns - 1)}…`;
  }
}
