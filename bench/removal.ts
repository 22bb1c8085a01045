import type { Effort, Figure } from './figure.ts';
export async function removal(_: Effort): Promise<Figure[]> {
  return [];
}
