import type { Effort, Figure } from './figure.ts';
export async function batches(_: Effort): Promise<Figure[]> {
  return [];
}
