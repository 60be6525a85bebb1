/** One line on stderr that says what is being measured; stdout belongs to the report. */

/** Where no terminal rewrites the line, how often a new one is written, in milliseconds. */
const plainEveryMs = 5_000;
const terminalEveryMs = 100;

export interface Progress {
  /** Something else is being done now. */
  phase(what: string): void;
  /** So many of what the phase is about are done. */
  count(done: number, of?: number): void;
  /** Clears the line. */
  end(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let phase = '';
  let writtenAt = 0;
  const write = (text: string): void => {
    writtenAt = performance.now();
    stream.write(stream.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  };
  return {
    phase(what) {
      phase = what;
      write(`${what} …`);
    },
    count(done, of) {
      const every = stream.isTTY ? terminalEveryMs : plainEveryMs;
      if (performance.now() - writtenAt < every) return;
      write(`${phase} … ${done}${of === undefined ? '' : ` of ${of}`}`);
    },
    end() {
      if (stream.isTTY) stream.write('\r\x1b[K');
    },
  };
}
