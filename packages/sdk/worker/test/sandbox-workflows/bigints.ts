/** A workflow of values that JSON cannot hold. */
export async function double(n: bigint): Promise<bigint> {
  return n * 2n;
}
