/**
 * The settings of a private Postgres: durable like production (fsync and synchronous_commit stay
 * on), quiet and small when idle, reachable on loopback only.
 *
 * They are given on the command line, so that each start has the settings of its own release and
 * `postmaster.opts` tells whether a running server was started with the same.
 */

/** Values of Postgres settings by name; later ones win. */
export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

const always: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  // A socket path is limited to 107 bytes, which a data directory may exceed.
  unix_socket_directories: '',
  max_connections: 100,
  fsync: true,
  synchronous_commit: true,
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // Payloads are encrypted, and ciphertext does not compress.
  wal_compression: false,
  random_page_cost: 1.1,
  jit: false,
  // Parallel plans need /dev/shm, which containers keep small.
  max_parallel_workers_per_gather: 0,
  max_logical_replication_workers: 0,
  logging_collector: false,
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: false,
};

/** The default settings for a major version. */
export function defaultSettings(major: number): PostgresSettings {
  // The default of 18 keeps three idle processes, which buys nothing on a small machine.
  return major >= 18 ? { ...always, io_method: 'sync' } : always;
}

/** The arguments to start a postmaster with. */
export function postmasterArguments(
  cluster: string,
  port: number,
  settings: PostgresSettings,
): string[] {
  const pairs = Object.entries(settings).flatMap(([name, value]) => [
    '-c',
    `${name}=${print(value)}`,
  ]);
  return ['-D', cluster, '-p', String(port), ...pairs];
}

function print(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}
