/**
 * A private Postgres in a data directory, for one owner at a time.
 *
 * Guarantees: what was committed is there at the next start, whatever was killed in between; a
 * Postgres that a killed owner left running is taken over, or stopped and started anew when that is
 * not sound; a directory with a living owner is refused; `stop` leaves no process behind.
 */
import { openDataDirectory } from './data-directory.ts';
import { withPort } from './free-port.ts';
import { atExit, endWithOwner } from './owner-death.ts';
import { clusterMajor, clusterPassword, createCluster, superuser } from './postgres-cluster.ts';
import { claimPostgresPlace } from './postgres-place.ts';
import { findPostgresPrograms } from './postgres-programs.ts';
import { checkAnswers, dismissSessions } from './postgres-session.ts';
import { defaultSettings, type PostgresSettings } from './postgres-settings.ts';
import {
  findPostmaster,
  isReady,
  killPostmaster,
  launchPostmaster,
  startedAlike,
  stopPostmaster,
  type Launch,
  type Postmaster,
} from './postmaster.ts';
import { signal } from './process-identity.ts';
import { ServiceError, reasonOf } from './service-error.ts';
import { type ServiceLog } from './service-log.ts';

/** What a private Postgres is started with. */
export interface PostgresOptions {
  /** The data directory; made if there is none. May be shared with `startRedis`. */
  readonly dataDir: string;
  /** A port of 127.0.0.1; by default a random free one, another at each start. */
  readonly port?: number;
  /** Settings of `postgresql.conf` over ours. */
  readonly settings?: PostgresSettings;
  readonly log?: ServiceLog;
  /** Told what takes time, in words for a person. */
  readonly onProgress?: (text: string) => void;
  /**
   * Whether Postgres goes on when this process is killed, for the next start to take over. Default
   * true. False, for directories that nobody will start again: it is shut down within moments.
   */
  readonly outliveOwner?: boolean;
}

/** A private Postgres that takes connections. */
export interface PostgresServer {
  /** Of the superuser, with its password: a secret. */
  readonly url: string;
  readonly port: number;
  /** Of the postmaster. */
  readonly pid: number;
  /** For example `18.4`. */
  readonly version: string;
  /** The data directory's real path. */
  readonly dataDirectory: string;
  /** PGDATA; outside the data directory when Postgres' own user cannot enter that. */
  readonly clusterDirectory: string;
  readonly logFile: string;
  /** Whether it was found running, left by a killed owner. */
  readonly takenOver: boolean;
  /** Stops it, within 5 s, and gives the data directory free. A second call waits for the first. */
  stop(): Promise<void>;
  /** Kills it and its children as a crash would, and gives the data directory free. */
  kill(): Promise<void>;
}

/**
 * Starts the Postgres of a data directory, making its cluster the first time.
 *
 * @throws ServiceError; any of its codes may come, and each message says what to do.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  if (process.platform === 'win32') {
    throw new ServiceError(
      'UNSUPPORTED_PLATFORM',
      'Perdure does not run its own Postgres on Windows. Set DATABASE_URL to a running Postgres, ' +
        'or use WSL.',
    );
  }
  const data = openDataDirectory(options.dataDir);
  const place = await claimPostgresPlace(data);
  try {
    const programs = await findPostgresPrograms({
      user: place.user,
      major: clusterMajor(place.cluster),
      onProgress: options.onProgress,
    });
    const password = clusterPassword(data, place.cluster);
    if (clusterMajor(place.cluster) === undefined) {
      options.onProgress?.(`Creating a Postgres ${programs.version} database in ${place.cluster}`);
      await createCluster(place, programs, password);
    }
    const launch: Launch = {
      programs,
      place,
      settings: { ...defaultSettings(programs.major), ...options.settings },
      logFile: data.postgresLog,
      onProgress: options.onProgress,
    };
    const urlOf = (port: number): string =>
      `postgres://${superuser}:${password}@127.0.0.1:${port}/${superuser}`;
    const found = await takeOver(launch, options, urlOf);
    const postmaster = found ?? (await start(launch, options, urlOf));
    const { stop, kill } = controls(postmaster, launch, options);
    return {
      url: urlOf(postmaster.port),
      port: postmaster.port,
      pid: postmaster.process.pid,
      version: programs.version,
      dataDirectory: data.path,
      clusterDirectory: place.cluster,
      logFile: data.postgresLog,
      takenOver: found !== undefined,
      stop,
      kill,
    };
  } catch (error) {
    place.release();
    throw error;
  }
}

/**
 * The postmaster that a killed owner left, rid of that owner's sessions. Undefined when there is
 * none, or when it was not as wanted and has been stopped.
 */
async function takeOver(
  launch: Launch,
  options: PostgresOptions,
  urlOf: (port: number) => string,
): Promise<Postmaster | undefined> {
  const { cluster } = launch.place;
  const running = findPostmaster(cluster);
  if (running === undefined) return undefined;
  const unfit = unfitness(launch, options, running);
  try {
    if (unfit !== undefined) throw new Error(unfit);
    await dismissSessions(urlOf(running.port));
    options.log?.info({ pid: running.process.pid }, 'took over the Postgres of a killed owner');
    return running;
  } catch (error) {
    const reason = reasonOf(error);
    options.log?.info({ pid: running.process.pid, reason }, 'restarting a Postgres left running');
    await stopPostmaster(cluster, running);
    return undefined;
  }
}

function unfitness(
  launch: Launch,
  options: PostgresOptions,
  running: Postmaster,
): string | undefined {
  if (!isReady(launch.place.cluster)) return 'it is starting or stopping';
  if (!startedAlike(launch, running)) return 'its program or settings differ';
  if (options.port !== undefined && options.port !== running.port) return 'its port differs';
  return undefined;
}

async function start(
  launch: Launch,
  options: PostgresOptions,
  urlOf: (port: number) => string,
): Promise<Postmaster> {
  options.onProgress?.(`Starting Postgres ${launch.programs.version}`);
  const postmaster = await withPort(options.port, (port) => launchPostmaster(launch, port));
  try {
    await checkAnswers(urlOf(postmaster.port));
    return postmaster;
  } catch (error) {
    await stopPostmaster(launch.place.cluster, postmaster);
    throw new ServiceError(
      'START_FAILED',
      `Postgres started but does not answer: ${reasonOf(error)}. See ${launch.logFile}.`,
      { cause: error },
    );
  }
}

/** How to end it, once, in whichever way comes first. */
function controls(
  postmaster: Postmaster,
  launch: Launch,
  options: PostgresOptions,
): Pick<PostgresServer, 'stop' | 'kill'> {
  const { cluster, release } = launch.place;
  const untie =
    options.outliveOwner === false
      ? endWithOwner(postmaster.process, 'SIGINT')
      : atExit(() => signal(postmaster.process, 'SIGINT'));
  let ending: Promise<void> | undefined;
  const end = (how: () => Promise<void>): Promise<void> => {
    untie();
    ending ??= how().finally(release);
    return ending;
  };
  return {
    stop: () => end(() => stopPostmaster(cluster, postmaster)),
    kill: () => end(() => killPostmaster(cluster)),
  };
}
