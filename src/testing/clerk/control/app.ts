import { Hono } from 'hono';
import type { StandInCore } from '../stand-in.ts';
export const controlApi = (_standIn: StandInCore): Hono => new Hono();
