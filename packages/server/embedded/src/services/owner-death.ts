/**
 * What becomes of a service when this process ends without having stopped it.
 *
 * A normal exit signals it at once. After a kill -9 nothing of ours can act, so a service that must
 * not outlive us gets a watcher: a shell that reads from a pipe whose other end we hold. However we
 * die, the system closes the pipe and the watcher sends the signal.
 */
import { spawn } from 'node:child_process';
import { spawnAs } from './service-user.ts';
import { signal, type ProcessIdentity } from './process-identity.ts';

const onExit = new Set<() => void>();
let listening = false;

/** Runs `action`, which must be synchronous, when this process exits. Returns how to call it off. */
export function atExit(action: () => void): () => void {
  if (!listening) {
    listening = true;
    process.once('exit', () => {
      for (const each of onExit) each();
    });
  }
  onExit.add(action);
  return () => onExit.delete(action);
}

/** Has `name` sent to the service when this process dies in any way. Returns how to call it off. */
export function endWithOwner(service: ProcessIdentity, name: 'SIGINT' | 'SIGTERM'): () => void {
  const cancelExit = atExit(() => signal(service, name));
  const script = 'read -r _; kill -s "$1" "$2" 2>/dev/null';
  const args = ['-c', script, 'sh', name.slice(3), String(service.pid)];
  const watcher = spawn('/bin/sh', args, {
    ...spawnAs(undefined),
    // In a session of its own, so that a Ctrl-C meant for us does not end it first.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a watcher the next start still ends what it finds.
  watcher.on('error', () => {});
  watcher.unref();
  const held = watcher.stdin as typeof watcher.stdin & { unref?(): void };
  held.on('error', () => {});
  held.unref?.();
  return () => {
    cancelExit();
    watcher.kill('SIGKILL');
  };
}
