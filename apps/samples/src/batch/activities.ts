export async function nextPage(after: number): Promise<number[]> {
  // Ten numbers in all, four at a time.
  const page = [1, 2, 3, 4].map((i) => after + i);
  return page.filter((n) => n <= 10);
}

export async function square(n: number): Promise<number> {
  return n * n;
}
