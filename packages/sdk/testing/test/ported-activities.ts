/** Activities as programs for Temporal have them, made around what they depend on. */
import {
  ApplicationFailure,
  Context,
  activityInfo,
  heartbeat,
  log,
  sleep,
} from '@perdure/activity';

export const createActivities = (prices: ReadonlyMap<string, number>) => ({
  charge: async (customer: string, amount: number): Promise<{ receipt: string }> => {
    const { attempt } = activityInfo();
    heartbeat({ attempt });
    if (amount === 0)
      throw ApplicationFailure.nonRetryable('nothing to pay', 'CardRefused', amount);
    // The first attempt at anything fails: it is tried again.
    if (attempt === 1) throw new Error('the bank is busy');
    log.debug('charged', { customer });
    return { receipt: `${customer}:${amount}` };
  },
  async refund(amount: number): Promise<void> {
    await Promise.race([sleep('1ms'), Context.current().cancelled]);
    log.debug('refunded', { amount });
  },
  async quote(items: readonly string[]): Promise<number> {
    return items.reduce((sum, item) => sum + (prices.get(item) ?? 1), 0);
  },
  format: async ({ receipt }: { receipt: string }): Promise<string> => `paid ${receipt}`,
});
