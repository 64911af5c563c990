/** The kinds of failure; the names are stable. */
export type FailureKind =
  | 'usage' | 'credentials_refused' | 'refused_by_policy' | 'second_factor_required' | 'code_refused' | 'rate_limited'
  | 'locked_out' | 'blocked_by_edge' | 'transport' | 'timed_out' | 'server_fault' | 'redirected' | 'malformed_answer'
  | 'answer_too_large';

/** The stage of a request that failed. `unreadable`: an answer came that is not HTTP; the request is not sent again. */
export type TransportKind =
  | 'resolve' | 'connect' | 'tls' | 'proxy' | 'timeout' | 'too_large' | 'unreadable' | 'closed';

/** What a secret is. Without it the prefix decides: `dckr_pat_`, `dckr_oat_`, else a password. */
export type SecretKind = 'password' | 'pat' | 'oat';

export interface Challenge {
  user: string;
  /** How many codes may still be tried, this one included. */
  codesLeft: number;
  /** What became of the last code. */
  previous: { kind: FailureKind; cause: string; next: string } | null;
}

export interface Options {
  kind?: SecretKind;
  /** Gives a one-time code; null gives up. */
  code?: (challenge: Challenge) => string | null | Promise<string | null>;
  /** Where the Hub is; https, or http to a loopback host. */
  base?: string;
  /** The program's name and version, for User-Agent. */
  userAgent?: string;
  /** How often one step may be sent in all, 1 to 255; 3 by default. */
  sends?: number;
  /** How many codes may be tried, 1 to 255; 3 by default. */
  codes?: number;
  /** The longest wait that the login makes on its own, in milliseconds; 5000 by default. */
  longestWait?: number;
  /** For one request, in milliseconds; 30,000 by default. */
  timeout?: number;
  /** For a whole login but the person, in milliseconds; 120,000 by default. */
  deadline?: number;
  /** Seeds the jitter of the waits. */
  seed?: number;
  fetch?: typeof fetch;
  now?: () => number;
  sleep?: (milliseconds: number) => Promise<unknown>;
}

export interface Grant {
  token: string;
  user: string;
  kind: SecretKind;
  route: string;
  expiresAt: Date | null;
  /** The token belongs to another user than was named. */
  nameMismatch: boolean;
  traceId: string | null;
}

/** Why a login ended. */
export class HubAuthError extends Error {
  kind: FailureKind;
  advice: { cause: string; next: string };
  /** Not before then is another try worth while. */
  retryAt: Date | null;
  status: number | null;
  /** What to quote to Docker's support. */
  traceId: string | null;
  /** The Hub's own words, for people only. */
  serverMessage: string | null;
  redirectedTo: string | null;
  transport: { kind: TransportKind; delivery: 'not_sent' | 'maybe_sent' } | null;
}

export function login(user: string, secret: string, options?: Options): Promise<Grant>;

export interface Verdict {
  verdict: 'fine' | 'log_in_again' | 'retry_at' | 'not_with_this_token' | 'blocked' | 'other';
  retryAt: Date | null;
  advice: { cause: string; next: string } | null;
  error: HubAuthError | null;
}

/** Says what the answer to an API call means that was sent with this token. The answer stays unread. */
export function verdict(response: Response, token: string): Promise<Verdict>;

/** An account that stays logged in: one login for all callers, renewed in time; a refused secret is not sent again. */
export class Session {
  constructor(user: string, secret: string, options?: Options);
  token(): Promise<string>;
  /** Calls the Hub's API with the token. After a 401 it logs in once and calls again. The answer may have any status. */
  fetch(path: string | URL, init?: RequestInit): Promise<Response>;
  setAccount(user: string, secret: string, options?: { kind?: SecretKind }): void;
  close(): void;
}
