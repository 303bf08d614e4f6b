import { expect, test } from 'vitest';
import { reached } from '../shared/ladder';
import type { Clock, Level } from '../shared/wire';

const clock = (...fired: Level[]): Clock => ({ name: 'ack', started_ms: 0, due_ms: 1, fired });

test('the furthest step of any clock that runs is shown', () => {
  expect(reached({ clock: clock(), beside: null })).toBeNull();
  expect(reached({ clock: clock('reminder_1'), beside: null })).toBe('reminder_1');
  expect(reached({ clock: clock('reminder_1', 'reminder_2', 'late'), beside: null })).toBe(
    'reminder_2',
  );
  expect(reached({ clock: clock('late', 'shift_leader'), beside: clock('reminder_1') })).toBe(
    'shift_leader',
  );
  expect(reached({ clock: clock('shift_leader'), beside: clock('director', 'late') })).toBe(
    'director',
  );
});
