/** How long the server waits for the other side. */
export type Patience = Readonly<{
  /** For the head of a request, and for a body that is no upload. */
  requestMs: number;
  /** For the next bytes of an upload; its whole may take hours. */
  uploadSilenceMs: number;
  /** A WebSocket that has not answered one ping when the next is due is taken for dead. */
  pingMs: number;
}>;

export const PATIENCE: Patience = { requestMs: 20_000, uploadSilenceMs: 120_000, pingMs: 30_000 };
