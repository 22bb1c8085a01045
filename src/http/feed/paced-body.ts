/** How long a reader may leave what was made for it. Its connection, and what it holds, are then let go. */
const PATIENCE_MS = 30_000;

/**
 * A body that is made as it is read: one piece ahead at most, however much there is and however slow the reader. Who
 * stops reading is cut off; who goes away has `make` ended at once, by its signal.
 */
export function pacedBody(
  make: (signal: AbortSignal) => AsyncGenerator<string, void, undefined>,
  patienceMs = PATIENCE_MS,
): ReadableStream<Uint8Array> {
  const gone = new AbortController();
  const pieces = make(gone.signal);
  const encoder = new TextEncoder();
  let patience: ReturnType<typeof setTimeout> | undefined;

  const letGo = async (): Promise<void> => {
    clearTimeout(patience);
    gone.abort();
    await pieces.return();
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(patience);
      try {
        const { done, value } = await pieces.next();
        if (gone.signal.aborted) return;
        if (done === true) return controller.close();
        controller.enqueue(encoder.encode(value));
        patience = setTimeout(() => {
          controller.error(new Error('the reader stopped reading'));
          void letGo();
        }, patienceMs);
      } catch {
        // Nobody but the reader is there to be told, and only by the connection's end.
        controller.error(new Error('the body broke off'));
      }
    },
    cancel: letGo,
  });
}
