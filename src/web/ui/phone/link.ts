// The phone's MQTT connection: protocol 5 over WebSocket on the daemon's own origin, a session that
// the broker keeps for a day. Every attempt is a fresh client with fresh credentials; what is not
// acknowledged stays in the outbox and goes out again, so nothing depends on the library's memory.
import mqtt, { type MqttClient } from 'mqtt';
import { api } from '../shared/api';
import type { PhoneLink } from '../shared/wire';

const SESSION_S = 86_400;
const KEEPALIVE_S = 15;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
const CONNECT_MS = 8000;
// A publish that gets no acknowledgement in this time is sent again (guess, revisit).
const PUBACK_MS = 10_000;

export interface LinkEvents {
  up(link: PhoneLink): void;
  down(): void;
  message(text: string): void;
}

/** Eight letters that tell this browser from the member's others. */
export function suffix(): string {
  const key = 'gengfu.phone.client';
  const known = localStorage.getItem(key);
  if (known && /^[0-9a-f]{8}$/.test(known)) return known;
  const made = [...crypto.getRandomValues(new Uint8Array(4))]
    .map((b) => b.toString(16).padStart(2, '0'))
    .join('');
  localStorage.setItem(key, made);
  return made;
}

export class Link {
  private client: MqttClient | null = null;
  private where: PhoneLink | null = null;
  private wait = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private opening = false;
  private stopped = false;

  constructor(private readonly events: LinkEvents) {}

  get up(): boolean {
    return this.client?.connected ?? false;
  }

  /** Now, not after the wait: the network came back or the person looks at the phone. */
  hurry(): void {
    if (this.up || this.opening || this.stopped) return;
    this.wait = FIRST_WAIT_MS;
    void this.open();
  }

  async open(): Promise<void> {
    clearTimeout(this.timer);
    if (this.opening || this.stopped) return;
    this.opening = true;
    try {
      this.where = await api.phoneLink();
      if (!this.stopped) this.connect(this.where);
    } catch {
      this.later();
    } finally {
      this.opening = false;
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.client?.end(true);
  }

  publish(payload: string): Promise<void> {
    const client = this.client;
    const topic = this.where?.answer_topic;
    if (!client?.connected || !topic) return Promise.reject(new Error('not connected'));
    return new Promise((resolve, reject) => {
      const lost = () => reject(new Error('connection lost'));
      const late = setTimeout(() => client.end(true), PUBACK_MS);
      client.once('close', lost);
      client.publish(topic, payload, { qos: 1 }, (error) => {
        clearTimeout(late);
        client.removeListener('close', lost);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  private connect(link: PhoneLink): void {
    this.client?.removeAllListeners();
    this.client?.end(true);
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const client = mqtt.connect(`${scheme}://${location.host}${link.path}`, {
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: SESSION_S },
      clientId: `${link.username}-${suffix()}`,
      username: link.username,
      password: link.password,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      timerVariant: 'native',
    });
    this.client = client;
    client.on('connect', () => {
      this.wait = FIRST_WAIT_MS;
      client.subscribe(link.order_topic, { qos: 1 });
      this.events.up(link);
    });
    client.on('message', (_topic, payload) => this.events.message(payload.toString()));
    // 'close' always follows and tries again; the state is shown there.
    client.on('error', () => undefined);
    client.on('close', () => {
      if (this.client !== client) return;
      this.client = null;
      client.end(true);
      this.later();
    });
  }

  private later(): void {
    this.events.down();
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.open(), this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }
}
