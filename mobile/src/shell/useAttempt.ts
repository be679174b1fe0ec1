import { useState } from "react";

export interface Attempt {
  readonly busy: boolean;
  /** What the last one failed of; null while all is well. */
  readonly failure: unknown;
  readonly run: (work: () => Promise<void>) => Promise<void>;
}

/** Something that takes a while and may be refused. */
export function useAttempt(): Attempt {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      await work();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, run };
}
