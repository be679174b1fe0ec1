import { createClient, MemoryStore, type Client, type FetchResponse, type Platform, type Store, type Upload } from "@team/core";
import { IdbStore } from "./idbStore";

const STORE_NAME = "team-messenger";

/** The client of this page: the server it came from, the browser's store, network and locks. */
export async function openBrowserClient(baseUrl: string = location.origin): Promise<Client> {
  return createClient({
    baseUrl,
    store: await openStore(),
    // The one place that lends the network to core.
    fetch: (url, request) => fetch(url, { ...(request as RequestInit), credentials: "omit", cache: "no-store" }),
    upload: uploadWithProgress,
    platform: browserPlatform(),
  });
}

/** Without IndexedDB the app works all the same, until the page is closed. */
async function openStore(): Promise<Store> {
  try {
    return await IdbStore.open(STORE_NAME);
  } catch (error) {
    console.warn("Nothing can be kept in this browser", error);
    return new MemoryStore();
  }
}

export function browserPlatform(): Platform {
  const locks = "locks" in navigator ? navigator.locks : null;
  return {
    setTimer(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    isOnline: () => navigator.onLine,
    onConnectivity(changed) {
      const shown = (): void => {
        if (document.visibilityState === "visible") changed();
      };
      window.addEventListener("online", changed);
      window.addEventListener("offline", changed);
      document.addEventListener("visibilitychange", shown);
      return () => {
        window.removeEventListener("online", changed);
        window.removeEventListener("offline", changed);
        document.removeEventListener("visibilitychange", shown);
      };
    },
    ...(locks === null ? {} : { withLock: <T>(name: string, run: () => Promise<T>) => locks.request(name, run) as Promise<T> }),
    ...(locks === null ? {} : { tryHoldLock: (name: string) => holdIfFree(locks, name) }),
    log(level, message, details) {
      if (level === "error") console.error(message, details);
      else if (level === "warn") console.warn(message, details);
    },
    deviceName: deviceName(navigator.userAgent),
  };
}

/** A lock lasts as long as its promise: until the function that this gives is called. */
function holdIfFree(locks: LockManager, name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

/** fetch cannot tell how much of an upload has gone out; XMLHttpRequest can. */
const uploadWithProgress: Upload = (url, request) =>
  new Promise<FetchResponse>((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(request.method, url);
    for (const [name, value] of Object.entries(request.headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => request.onProgress(event.loaded, event.total);
    xhr.onload = () =>
      resolve({
        status: xhr.status,
        headers: { get: (name) => xhr.getResponseHeader(name) },
        text: () => Promise.resolve(xhr.responseText),
        blob: () => Promise.resolve(new Blob([xhr.responseText])),
      });
    xhr.onerror = () => reject(new TypeError("The upload failed"));
    xhr.onabort = () => reject(new DOMException("The upload was cancelled", "AbortError"));
    request.signal?.addEventListener("abort", () => xhr.abort());
    xhr.send((request.body ?? null) as XMLHttpRequestBodyInit | null);
  });

/** "Chrome on Linux": how this session is named among my devices. */
export function deviceName(userAgent: string): string {
  const browser = first(userAgent, [
    ["Edg/", "Edge"],
    ["OPR/", "Opera"],
    ["YaBrowser/", "Yandex Browser"],
    ["Firefox/", "Firefox"],
    ["Chrome/", "Chrome"],
    ["Safari/", "Safari"],
  ]);
  const system = first(userAgent, [
    ["Android", "Android"],
    ["iPhone", "iPhone"],
    ["iPad", "iPad"],
    ["Windows", "Windows"],
    ["Mac OS", "macOS"],
    ["Linux", "Linux"],
  ]);
  return [browser ?? "Browser", system].filter((part) => part !== null).join(" on ");
}

function first(text: string, names: readonly (readonly [string, string])[]): string | null {
  return names.find(([mark]) => text.includes(mark))?.[1] ?? null;
}
