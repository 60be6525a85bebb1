/** Words about the versions of workers. */
import { ValueError } from './errors.ts';

/** One build of one deployment. */
export interface WorkerDeploymentVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/**
 * A version as one text: `deploymentName.buildId`.
 *
 * @throws ValueError when the name of the deployment has a dot, which would make it ambiguous
 */
export function toCanonicalString({ deploymentName, buildId }: WorkerDeploymentVersion): string {
  if (!deploymentName.includes('.')) return `${deploymentName}.${buildId}`;
  throw new ValueError(
    `the name of a worker deployment has no dots; got '${deploymentName}': name it otherwise`,
  );
}

/** Whether a run stays with the build that it began on. */
export const VersioningBehavior = {
  /** It does, until it closes or is moved. */
  PINNED: 'PINNED',
  /** It goes on with the current build of the deployment. */
  AUTO_UPGRADE: 'AUTO_UPGRADE',
} as const;
export type VersioningBehavior = (typeof VersioningBehavior)[keyof typeof VersioningBehavior];

/** Which build the run begins on that follows by continue-as-new. */
export const InitialVersioningBehavior = {
  AUTO_UPGRADE: 'AUTO_UPGRADE',
  USE_RAMPING_VERSION: 'USE_RAMPING_VERSION',
} as const;
export type InitialVersioningBehavior =
  (typeof InitialVersioningBehavior)[keyof typeof InitialVersioningBehavior];

/** Keeps a run on one version, whatever its code says. */
export interface PinnedVersioningOverride {
  pinnedTo: WorkerDeploymentVersion;
}
/** Lets a run move on, whatever its code says. */
export type AutoUpgradeVersioningOverride = 'AUTO_UPGRADE';
/** What the starter of a workflow wants of versions. */
export type VersioningOverride = PinnedVersioningOverride | AutoUpgradeVersioningOverride;

/** A word of older programs about builds; without effect. */
export type VersioningIntent = 'COMPATIBLE' | 'DEFAULT';
