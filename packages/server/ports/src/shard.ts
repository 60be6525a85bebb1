/** Number of shards: fixed for the life of a cluster, far above any number of database nodes. */
export const SHARD_COUNT = 4_096;

/**
 * Shard of a workflow. Every row of a run carries it, and a transition touches only one, so that
 * tables can be distributed by it. FNV-1a over the UTF-16 units, seeded by the namespace.
 */
export function shardOf(namespaceId: number, workflowId: string): number {
  let hash = (0x811c9dc5 ^ namespaceId) >>> 0;
  for (let i = 0; i < workflowId.length; i++) {
    hash = Math.imul(hash ^ workflowId.charCodeAt(i), 0x01000193) >>> 0;
  }
  return ((hash ^ (hash >>> 16)) >>> 0) % SHARD_COUNT;
}
