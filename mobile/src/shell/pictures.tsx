import type { MxcUri, ThumbnailSize } from "@team/core";
import { createContext, use, useEffect, useState } from "react";
import type { Pictures } from "../platform/pictures";

export const PicturesContext = createContext<Pictures | null>(null);

export interface LoadedPicture {
  /** Null while it loads, and when there is none. */
  readonly address: string | null;
  readonly failed: boolean;
  retry(): void;
}

interface Outcome {
  readonly of: string;
  readonly address: string | null;
}

/** A picture of the media repository, in a size that fits; `null` asks for the original. */
export function usePicture(mxc: MxcUri | null, size: ThumbnailSize | null): LoadedPicture {
  const pictures = use(PicturesContext);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [attempt, setAttempt] = useState(0);
  const { width, height, method } = size ?? { width: 0, height: 0, method: undefined };
  const of = `${mxc} ${width}x${height}`;
  useEffect(() => {
    if (mxc === null || pictures === null) return undefined;
    let wanted = true;
    const thumbnail = width === 0 ? null : { width, height, ...(method === undefined ? {} : { method }) };
    pictures.address(mxc, thumbnail).then(
      (address) => wanted && setOutcome({ of, address }),
      () => wanted && setOutcome({ of, address: null }),
    );
    return () => {
      wanted = false;
    };
  }, [pictures, mxc, width, height, method, of, attempt]);
  const current = outcome?.of === of ? outcome : null;
  return {
    address: current?.address ?? null,
    failed: current !== null && current.address === null,
    retry: () => {
      setOutcome(null);
      setAttempt(attempt + 1);
    },
  };
}
