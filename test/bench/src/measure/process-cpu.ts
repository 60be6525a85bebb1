/**
 * CPU time of processes that cannot be asked, from /proc. It is counted in ticks of 10 ms, so it
 * takes a second of work to tell two figures apart. Undefined where there is no /proc.
 */
import { readFileSync, readdirSync } from 'node:fs';

/** USER_HZ, the same on every Linux that Node runs on. */
const msPerTick = 10;

interface Stat {
  readonly name: string;
  readonly parent: number;
  /** Of itself. */
  readonly ownMs: number;
  /** Of its children that have ended. */
  readonly endedMs: number;
}

/** CPU time of a process, of its living children and of those that have ended; milliseconds. */
export function familyCpuMs(pid: number): number | undefined {
  const head = statOf(pid);
  if (!head) return undefined;
  const living = childrenOf(pid).reduce((sum, { stat }) => sum + stat.ownMs + stat.endedMs, 0);
  return head.ownMs + head.endedMs + living;
}

/** The postmaster of a session's process, if that is a Postgres of this machine. */
export function postmasterOf(backendPid: number): number | undefined {
  const backend = statOf(backendPid);
  return backend?.name.startsWith('postgres') ? backend.parent : undefined;
}

/** The child of a process that runs a program of this name. */
export function findChild(parent: number, name: string): number | undefined {
  return childrenOf(parent).find(({ stat }) => stat.name === name)?.pid;
}

function childrenOf(parent: number): { pid: number; stat: Stat }[] {
  const children: { pid: number; stat: Stat }[] = [];
  for (const pid of processIds()) {
    const stat = statOf(pid);
    if (stat?.parent === parent) children.push({ pid, stat });
  }
  return children;
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Fields by number as in proc(5); the name, field 2, may itself hold spaces and brackets. */
function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    parent: field(4),
    ownMs: (field(14) + field(15)) * msPerTick,
    endedMs: (field(16) + field(17)) * msPerTick,
  };
}
