import type { MxcUri, ThumbnailSize } from "@team/core";
import { useCallback, useSyncExternalStore } from "react";
import { useMediaCache } from "../../app/client";

/** An address under which the browser can show this media; null while it loads, or when it has failed. */
export function useMediaUrl(mxc: MxcUri | null, size: ThumbnailSize | null = null): { url: string | null; failed: boolean } {
  const cache = useMediaCache();
  const width = size?.width ?? 0;
  const height = size?.height ?? 0;
  const method = size?.method ?? "scale";
  const wanted = useCallback(
    () => (width === 0 ? null : ({ width, height, method } satisfies ThumbnailSize)),
    [width, height, method],
  );
  const subscribe = useCallback(
    (listener: () => void) => (mxc === null ? () => undefined : cache.use(mxc, wanted(), listener)),
    [cache, mxc, wanted],
  );
  const url = useSyncExternalStore(subscribe, () => (mxc === null ? null : cache.peek(mxc, wanted()).url));
  const failed = useSyncExternalStore(subscribe, () => mxc !== null && cache.peek(mxc, wanted()).failed);
  return { url, failed };
}
