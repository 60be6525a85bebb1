export interface Expense {
  employee: string;
  /** In dollars. */
  amount: number;
}

export async function askManager({ employee, amount }: Expense): Promise<void> {
  console.log(`${employee} asks for $${amount}: please approve or refuse`);
}

export async function pay({ employee, amount }: Expense): Promise<string> {
  return `$${amount} paid to ${employee}`;
}
