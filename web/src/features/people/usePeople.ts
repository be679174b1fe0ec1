import type { AdminUser } from "@team/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "../../app/client";

export interface People {
  readonly users: readonly AdminUser[] | null;
  readonly total: number;
  readonly hasMore: boolean;
  readonly loading: boolean;
  readonly failure: unknown;
  readonly loadMore: () => void;
  readonly reload: () => void;
  /** Puts a changed account in the place of the old one. */
  readonly replace: (user: AdminUser) => void;
}

/** The accounts of this server, page by page, as an administrator sees them. */
export function usePeople(search: string): People {
  const client = useClient();
  const [users, setUsers] = useState<readonly AdminUser[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [total, setTotal] = useState(0);
  const [loading, setLoading] = useState(true);
  const [failure, setFailure] = useState<unknown>(null);
  const abort = useRef<AbortController | null>(null);

  const load = useCallback(
    async (from: string | null) => {
      abort.current?.abort();
      const mine = new AbortController();
      abort.current = mine;
      setLoading(true);
      setFailure(null);
      try {
        const page = await client.admin.users({
          limit: 50,
          signal: mine.signal,
          ...(search === "" ? {} : { search }),
          ...(from === null ? {} : { from }),
        });
        if (mine.signal.aborted) return;
        setUsers((before) => (from === null || before === null ? page.users : [...before, ...page.users]));
        setNext(page.next);
        setTotal(page.total);
      } catch (error) {
        if (!mine.signal.aborted) setFailure(error);
      } finally {
        if (!mine.signal.aborted) setLoading(false);
      }
    },
    [client, search],
  );

  useEffect(() => {
    const timer = setTimeout(() => void load(null), search === "" ? 0 : 200);
    return () => {
      clearTimeout(timer);
      abort.current?.abort();
    };
  }, [load, search]);

  return {
    users,
    total,
    hasMore: next !== null,
    loading,
    failure,
    loadMore: () => void load(next),
    reload: () => void load(null),
    replace: (user) => setUsers((all) => all?.map((one) => (one.userId === user.userId ? user : one)) ?? null),
  };
}
