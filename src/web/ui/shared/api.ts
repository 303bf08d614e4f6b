// Typed fetch. A refusal is an ApiError with the daemon's code; the words are in the catalogue.
// 401 on a page that nobody has been shown leaves for the sign-in page and comes back; on any other
// the same request is sent once more after the person has signed in again, over the page.
import { hasOwner, owned, signInAgain } from './again';
import type {
  Account,
  Act,
  CameraStatus,
  DutyDesk,
  DutyLine,
  Fault,
  Footage,
  Handover,
  Handovers,
  Issue,
  Line,
  Outage,
  PhoneLink,
  PolicyVersions,
  Photo,
  Replay,
  Roster,
  RosterDraft,
  Round,
  RuleRequest,
  RulesQuality,
  Severity,
  Site,
  Stored,
  Swap,
  Ticket,
  TicketDetail,
  Today,
  WallScreen,
  Week,
} from './wire';

const BASE = '/api/v1/';
// An answer that takes longer than this is as good as none for the person at the desk (guess, revisit).
const PATIENCE_MS = 15_000;
// A photo of 300 kB over the worst mobile link that is still a link, 5 kB/s.
const PHOTO_PATIENCE_MS = 60_000;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly detail: Record<string, unknown> | null,
  ) {
    super(message);
  }

  /** No answer at all, or one that another try may mend. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, 'no_contact', String(error), null);
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { code?: string; message?: string; detail?: unknown };
    const detail = body.detail && typeof body.detail === 'object' ? body.detail : null;
    return new ApiError(
      response.status,
      body.code ?? `http_${response.status}`,
      body.message ?? response.statusText,
      detail as Record<string, unknown> | null,
    );
  } catch {
    return new ApiError(response.status, `http_${response.status}`, response.statusText, null);
  }
}

export function goSignIn(): void {
  const next = encodeURIComponent(location.pathname + location.search);
  location.assign(`/login?next=${next}`);
}

interface Letter {
  body?: BodyInit;
  type?: string;
  patience_ms?: number;
}

async function send(
  method: string,
  path: string,
  letter: Letter = {},
  again = false,
): Promise<Response> {
  const { body, type, patience_ms = PATIENCE_MS } = letter;
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      body: body ?? null,
      headers: type ? { 'content-type': type } : {},
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(patience_ms),
    });
  } catch (error) {
    throw asApiError(error);
  }
  if (response.ok) return response;
  const error = await refusal(response);
  if (response.status !== 401 || path === 'login' || path === 'logout') throw error;
  if (!hasOwner() || again) {
    goSignIn();
    throw error;
  }
  await signInAgain();
  return send(method, path, letter, true);
}

async function get<T>(path: string): Promise<T> {
  return (await send('GET', path)).json() as Promise<T>;
}

async function post<T>(path: string, body: unknown): Promise<T> {
  return (
    await send('POST', path, { body: JSON.stringify(body), type: 'application/json' })
  ).json() as Promise<T>;
}

const part = encodeURIComponent;

export const api = {
  login: (name: string, password: string) =>
    post<{ account: Account }>('login', { name, password }),
  logout: () => send('POST', 'logout'),
  me: async () => {
    const { account } = await get<{ account: Account }>('me');
    owned(account.name);
    return account;
  },
  site: () => get<Site>('site'),
  cameras: () => get<CameraStatus[]>('cameras'),
  duty: () => get<DutyLine[]>('duty'),
  dutyDesk: () => get<DutyDesk>('duty/desk'),
  signOn: (of: { line?: Line; reason?: string; via: 'console' | 'phone' }) =>
    post<DutyDesk>('duty/sign-on', of),
  signOff: (reason: string) => post<DutyDesk>('duty/sign-off', { reason }),
  presence: () => post<DutyDesk>('duty/presence', {}),
  roster: (from_ms: number, until_ms: number) =>
    get<Roster>(`roster?from_ms=${from_ms}&until_ms=${until_ms}`),
  draftRoster: (form: 'toml' | 'csv', text: string) =>
    post<RosterDraft>('roster/drafts', { form, text }),
  rosterDraft: (id: string) => get<RosterDraft>(`roster/${part(id)}`),
  publishRoster: (id: string) => post<RosterDraft>(`roster/${part(id)}/publish`, {}),
  askSwap: (of: {
    gives_line: Line;
    gives_starts_ms: number;
    takes_account: string;
    takes_line: Line;
    takes_starts_ms: number;
    reason: string;
  }) => post<Swap>('swaps', of),
  ruleSwap: (id: string, act: 'agree' | 'refuse' | 'approve', reason: string) =>
    post<Swap>(`swaps/${part(id)}/${act}`, { reason }),
  handovers: () => get<Handovers>('handovers'),
  handover: (id: string) => get<Handover>(`handovers/${part(id)}`),
  writeHandover: () => post<Handover>('handovers', {}),
  signHandover: (id: string, sha256: string, remarks: string) =>
    post<Handover>(`handovers/${part(id)}/sign`, { sha256, remarks }),
  enterCause: (outages: string[], cause: string, note: string) =>
    post<Outage[]>('outages/cause', { outages, cause, note }),
  today: () => get<Today>('today'),
  tickets: (view: 'open' | 'recent' | 'review') => get<Ticket[]>(`tickets?view=${view}`),
  ticket: (id: string) => get<TicketDetail>(`tickets/${part(id)}`),
  replay: (id: string, event: string | null) =>
    get<Replay>(`tickets/${part(id)}/replay${event ? `?event=${part(event)}` : ''}`),
  act: (id: string, version: number, act: Act) =>
    post<TicketDetail>(`tickets/${part(id)}/act`, { version, act }),
  suspend: (member: string, reason: string) =>
    post<null>(`members/${part(member)}/suspend`, { reason }),
  restore: (member: string) => post<null>(`members/${part(member)}/restore`, {}),
  observe: (o: { camera: string; category: string; severity: Severity; text: string }) =>
    post<TicketDetail>('observations', o),
  screens: () => get<WallScreen[]>('screens'),
  screenBeat: (screen: string, silence_ms: number) =>
    post<null>('screens/beat', { screen, silence_ms: Math.round(silence_ms) }),
  rounds: () => get<Round>('rounds'),
  look: (camera: string) => post<Round>('rounds/look', { camera }),
  weeks: () => get<Week[]>('report/weeks'),
  issues: () => get<Issue[]>('report/issues'),
  drawUp: (week: string) => post<Issue | null>('report/issues', { week }),
  signIssue: (id: string) => post<Issue>(`report/issues/${part(id)}/sign`, {}),
  publishIssue: (id: string) => post<Issue>(`report/issues/${part(id)}/publish`, {}),
  stored: () => get<Stored[]>('footage/summary'),
  footage: (camera: string, from_ms: number, to_ms: number) =>
    get<Footage>(`footage?camera=${part(camera)}&from_ms=${from_ms}&to_ms=${to_ms}`),
  faults: () => get<Fault[]>('faults'),
  pastFaults: (camera: string) => get<Fault[]>(`cameras/${part(camera)}/faults`),
  learnView: (camera: string, reason: string) =>
    post<null>(`cameras/${part(camera)}/view`, { reason }),
  rules: () => get<RulesQuality>('rules/quality'),
  askOfRule: (of: {
    camera: string;
    rule: string;
    kind: 'shelve' | 'change';
    minutes: number | null;
    reason: string;
  }) => post<RuleRequest>('rules/requests', of),
  decideRule: (id: string, act: 'approve' | 'refuse' | 'unshelve', reason: string) =>
    post<RuleRequest>(`rules/requests/${part(id)}/${act}`, { reason }),
  policy: () => get<PolicyVersions>('policy'),
  proposePolicy: (text: string, reason: string) =>
    post<PolicyVersions>('policy', { text, reason, starts_ms: null }),
  decidePolicy: (number: number, decision: 'approve' | 'refuse', reason: string) =>
    post<PolicyVersions>(`policy/${number}/decide`, { decision, reason }),
  phoneLink: () => get<PhoneLink>('phone/mqtt'),
  phoneTickets: () => get<(Ticket & { offer: string })[]>('phone/tickets'),
  photo: async (ticket: string, sha256: string, takenMs: number, jpeg: Blob) => {
    // The phone's own clock, so that the centre sees how far off it is.
    const sent = Math.round(Date.now());
    const query = `ticket=${part(ticket)}&sha256=${sha256}&taken_ms=${takenMs}&sent_ms=${sent}`;
    const letter = { body: jpeg, type: 'image/jpeg', patience_ms: PHOTO_PATIENCE_MS };
    return (await send('POST', `photos?${query}`, letter)).json() as Promise<Photo>;
  },
};

export const evidenceUrl = (id: string) => `${BASE}evidence/${part(id)}`;
export type ReportFormat = 'html' | 'xlsx' | 'csv' | 'json';
export const reportUrl = (week: string, format: ReportFormat, lang: string) =>
  `${BASE}report/week/${part(week)}?format=${format}&lang=${lang}`;
export const outwardUrl = (id: string, lang: string) =>
  `${BASE}report/issues/${part(id)}/outward?lang=${lang}`;
export const monthUrl = (month: string, lang: string) =>
  `${BASE}report/month/${part(month)}?lang=${lang}`;
export const clipUrl = (camera: string, from_ms: number, to_ms: number) =>
  `${BASE}footage/clip?camera=${part(camera)}&from_ms=${from_ms}&to_ms=${to_ms}`;
export const streamUrl = `${BASE}stream`;

export function liveUrl(cameras: string[], width: number): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const which = cameras.length > 0 ? `cameras=${cameras.map(part).join(',')}&` : '';
  return `${scheme}://${location.host}${BASE}live?${which}width=${width}`;
}

export function videoUrl(camera: string, stream: 'main' | 'sub'): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}${BASE}live/video?camera=${part(camera)}&stream=${stream}`;
}
