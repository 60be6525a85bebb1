export async function sendStatement(account: string, month: number): Promise<void> {
  console.log(`statement ${month} sent to ${account}`);
}
