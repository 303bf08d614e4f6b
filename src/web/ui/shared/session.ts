// Where a person belongs, and the way out.
import { api } from './api';
import type { Role } from './wire';

export const homeOf: Record<Role, string> = {
  wall: '/wall',
  patrol_member: '/phone',
  operator: '/console',
  shift_leader: '/console',
  director: '/inbox',
  admin: '/cameras',
};

const PAGES: Record<Role, string[]> = {
  wall: ['wall'],
  patrol_member: ['phone'],
  operator: ['console', 'footage', 'duty', 'report', 'rules', 'policy', 'cameras', 'setup', 'wall'],
  shift_leader: [
    'inbox',
    'console',
    'footage',
    'duty',
    'review',
    'report',
    'rules',
    'policy',
    'cameras',
    'setup',
    'wall',
  ],
  director: [
    'inbox',
    'console',
    'footage',
    'duty',
    'review',
    'report',
    'rules',
    'policy',
    'cameras',
    'setup',
    'wall',
  ],
  admin: ['cameras'],
};
export const pagesOf = (role: Role | undefined): string[] => (role ? PAGES[role] : []);

/** Only a path of this site; anything else would let a link send people elsewhere after sign-in. */
export function safeNext(next: string | null): string | null {
  if (!next || !/^\/[^/\\]/.test(next) || next.startsWith('/login')) return null;
  return next;
}

export async function signOut(): Promise<void> {
  // The session may be over already; the sign-in page is right in both cases.
  await api.logout().catch(() => undefined);
  location.assign('/login');
}
