// One request by fetch: no redirect is followed, nothing is sent twice, a body is cut at 1 MiB, every attempt ends.

const MOST = 1024 * 1024;
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT']);

/** Sends a request and returns what to tell the module: the name of the call, and its fields. */
export async function exchange(request, { fetch, timeout, seen }) {
  let head;
  try {
    const response = await fetch(request.url, {
      method: request.method,
      // fetch states the length itself.
      headers: request.headers.filter(([name]) => name !== 'content-length'),
      body: request.body || undefined,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    head = headOf(response);
    const body = await read(response);
    if (body === null) return ['failed', { kind: 'too_large', delivery: 'maybe_sent', head }];
    seen?.(head, body);
    return ['reply', { head, body: body.toString('base64') }];
  } catch (error) {
    return ['failed', { ...broken(error), head }];
  }
}

/** Status and headers as the module takes them. */
export const headOf = (response) => ({ status: response.status, headers: [...response.headers] });

/** Reads a body, or returns null if it is longer than any of the Hub's. */
export async function read(response) {
  const pieces = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > MOST) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Says what broke, and whether the request may have arrived: `not_sent` only where the connection never stood. */
function broken(error) {
  const code = error?.cause?.code ?? error?.code ?? '';
  if (error?.name === 'TimeoutError') return { kind: 'timeout', delivery: 'maybe_sent' };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { kind: 'resolve', delivery: 'not_sent' };
  if (NOT_CONNECTED.has(code)) return { kind: 'connect', delivery: 'not_sent' };
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return { kind: 'too_large', delivery: 'maybe_sent' };
  // Codes of fetch's HTTP parser and of its gzip decoder: an answer came, so the module must not send again.
  if (/^HPE_|^Z_DATA_ERROR$/.test(code)) return { kind: 'unreadable', delivery: 'maybe_sent' };
  if (/CERT|SIGNATURE|^ERR_TLS/.test(code)) return { kind: 'tls', delivery: 'not_sent' };
  return { kind: 'closed', delivery: 'maybe_sent' };
}
