/** Why a login ended. `kind` is stable; `next` is what to do, in a sentence; `retryAt` is when another try is worth while. */
export class HubAuthError extends Error {
  constructor(failure) {
    super(failure.message ?? `${failure.cause} ${failure.next}`);
    this.name = 'HubAuthError';
    this.kind = failure.kind;
    this.advice = { cause: failure.cause ?? this.message, next: failure.next ?? 'Correct the value that is named.' };
    this.retryAt = failure.retry_at == null ? null : new Date(failure.retry_at);
    this.status = failure.status ?? null;
    this.traceId = failure.trace_id ?? null;
    this.serverMessage = failure.server_message ?? null;
    this.redirectedTo = failure.redirected_to ?? null;
    this.transport = failure.transport ?? null;
  }
}
